// helper/decide/restore_decision: what may replace a login, and when a person has to help.
#include "decide/restore_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;
using By = RestoreSituation::By;
using Document = RestoreSituation::Document;
using Verdict = RestoreVerdict;

void whatever_is_broken_here_takes_a_valid_document(void**) {
  constexpr Row<RestoreSituation, Verdict> kRows[] = {
      {"lost", {.login = LocalLogin::lost, .document = Document::valid}, Verdict::restore},
      {"malformed",
       {.login = LocalLogin::malformed, .document = Document::valid},
       Verdict::restore},
      {"wiped", {.login = LocalLogin::wiped, .document = Document::valid}, Verdict::restore},
      {"lost, no document", {.login = LocalLogin::lost}, Verdict::no_document},
      {"wiped, a document that is not valid",
       {.login = LocalLogin::wiped, .document = Document::not_valid},
       Verdict::document_not_valid},
      {"malformed, another host's document",
       {.login = LocalLogin::malformed, .document = Document::valid, .foreign_host = true},
       Verdict::document_foreign},
  };
  every_row_holds(kRows, decide_restore);
}

void a_dead_document_comes_back_once_while_its_access_token_lasts(void**) {
  constexpr Row<RestoreSituation, Verdict> kRows[] = {
      {"dead, for the first time",
       {.login = LocalLogin::wiped,
        .document = Document::valid,
        .document_dead = true,
        .access_token_lasts = true},
       Verdict::restore},
      {"dead, for the second time",
       {.login = LocalLogin::wiped,
        .document = Document::valid,
        .document_dead = true,
        .dead_restored_before = true,
        .access_token_lasts = true},
       Verdict::document_dead},
      {"dead, its access token about to end",
       {.login = LocalLogin::wiped, .document = Document::valid, .document_dead = true},
       Verdict::document_dead},
      {"dead in both ways",
       {.login = LocalLogin::wiped,
        .document = Document::valid,
        .document_dead = true,
        .dead_restored_before = true},
       Verdict::document_dead},
      {"alive with an access token that has ended",
       {.login = LocalLogin::lost, .document = Document::valid, .access_token_lasts = false},
       Verdict::restore},
      {"a person cannot revive it either",
       {.login = LocalLogin::lost,
        .document = Document::valid,
        .document_dead = true,
        .by = By::person},
       Verdict::document_dead},
  };
  every_row_holds(kRows, decide_restore);
}

void a_valid_login_is_replaced_in_two_cases_only(void**) {
  constexpr Row<RestoreSituation, Verdict> kRows[] = {
      {"no document", {.login = LocalLogin::valid}, Verdict::leave_local_lives},
      {"a document that is not valid",
       {.login = LocalLogin::valid, .document = Document::not_valid},
       Verdict::leave_local_lives},
      {"the same",
       {.login = LocalLogin::valid, .document = Document::valid, .age = DocumentAge::same},
       Verdict::leave_same},
      {"the same, rejected: there is nothing better",
       {.login = LocalLogin::valid,
        .document = Document::valid,
        .age = DocumentAge::same,
        .inference_rejected_local = true},
       Verdict::leave_same},
      {"unrelated",
       {.login = LocalLogin::valid, .document = Document::valid, .age = DocumentAge::unrelated},
       Verdict::leave_local_lives},
      {"unrelated, and a person asks",
       {.login = LocalLogin::valid, .document = Document::valid, .by = By::person},
       Verdict::leave_local_lives},
      {"a stale copy",
       {.login = LocalLogin::valid,
        .document = Document::valid,
        .age = DocumentAge::local_is_stale},
       Verdict::restore},
      {"unrelated, but real inference rejected it",
       {.login = LocalLogin::valid,
        .document = Document::valid,
        .age = DocumentAge::unrelated,
        .inference_rejected_local = true},
       Verdict::restore},
      {"a stale copy of another host's document",
       {.login = LocalLogin::valid,
        .document = Document::valid,
        .foreign_host = true,
        .age = DocumentAge::local_is_stale},
       Verdict::document_foreign},
      {"a stale copy of a document that died",
       {.login = LocalLogin::valid,
        .document = Document::valid,
        .age = DocumentAge::local_is_stale,
        .document_dead = true},
       Verdict::document_dead},
  };
  every_row_holds(kRows, decide_restore);
}

void what_is_to_be_left_is_left(void**) {
  constexpr Row<RestoreSituation, Verdict> kRows[] = {
      {"logged out",
       {.login = LocalLogin::logged_out, .document = Document::valid},
       Verdict::leave_logged_out},
      {"logged out, but the person asks",
       {.login = LocalLogin::logged_out, .document = Document::valid, .by = By::person},
       Verdict::restore},
      {"logged out, the person asks, nothing is there",
       {.login = LocalLogin::logged_out, .by = By::person},
       Verdict::no_document},
      {"unreadable",
       {.login = LocalLogin::unreadable, .document = Document::valid},
       Verdict::leave_unreadable},
      {"unreadable, and a person asks",
       {.login = LocalLogin::unreadable, .document = Document::valid, .by = By::person},
       Verdict::leave_unreadable},
      {"a setup token is in force",
       {.login = LocalLogin::lost, .document = Document::valid, .setup_token_in_force = true},
       Verdict::leave_setup_token},
      {"a setup token is in force, and a person asks",
       {.login = LocalLogin::wiped,
        .document = Document::valid,
        .setup_token_in_force = true,
        .by = By::person},
       Verdict::leave_setup_token},
  };
  every_row_holds(kRows, decide_restore);
}

struct Ending {
  RestoreVerdict verdict;
  LocalLogin login;
};

void a_person_is_needed_where_no_machine_can_help(void**) {
  constexpr Row<Ending, bool> kRows[] = {
      {"nothing in the store", {Verdict::no_document, LocalLogin::lost}, true},
      {"nothing valid", {Verdict::document_not_valid, LocalLogin::malformed}, true},
      {"another host's", {Verdict::document_foreign, LocalLogin::wiped}, true},
      {"a dead one", {Verdict::document_dead, LocalLogin::wiped}, true},
      {"it was restored", {Verdict::restore, LocalLogin::lost}, false},
      {"a setup token", {Verdict::leave_setup_token, LocalLogin::lost}, false},
      {"the same", {Verdict::leave_same, LocalLogin::lost}, false},
      {"local lives", {Verdict::leave_local_lives, LocalLogin::lost}, false},
      {"logged out", {Verdict::leave_logged_out, LocalLogin::lost}, false},
      {"proves nothing", {Verdict::leave_unreadable, LocalLogin::lost}, false},
      {"a valid login needs nobody", {Verdict::document_dead, LocalLogin::valid}, false},
      {"nor does a log-out", {Verdict::no_document, LocalLogin::logged_out}, false},
      {"nor what proves nothing", {Verdict::no_document, LocalLogin::unreadable}, false},
  };
  every_row_holds(kRows, [](const Ending& end) { return needs_person(end.verdict, end.login); });
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(whatever_is_broken_here_takes_a_valid_document),
      cmocka_unit_test(a_dead_document_comes_back_once_while_its_access_token_lasts),
      cmocka_unit_test(a_valid_login_is_replaced_in_two_cases_only),
      cmocka_unit_test(what_is_to_be_left_is_left),
      cmocka_unit_test(a_person_is_needed_where_no_machine_can_help),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
