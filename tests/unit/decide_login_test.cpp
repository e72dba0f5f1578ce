// helper/decide/login_decision: the tables of a login, row by row.
#include "decide/login_decision.h"

#include <string_view>

#include "decide/login_words.h"
#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;
using File = LoginEvidence::File;

void every_evidence_has_its_name(void**) {
  constexpr Row<LoginEvidence, LocalLogin> kRows[] = {
      {"a valid login", {.file = File::valid}, LocalLogin::valid},
      {"a valid login outranks a removed account",
       {.file = File::valid, .account_removed = true, .seen_valid_before = true},
       LocalLogin::valid},
      {"a malformed file", {.file = File::malformed}, LocalLogin::malformed},
      {"a malformed file proves no log-out",
       {.file = File::malformed, .account_removed = true, .seen_valid_before = true},
       LocalLogin::malformed},
      {"a wiped login", {.file = File::wiped}, LocalLogin::wiped},
      {"a wiped login is no log-out",
       {.file = File::wiped, .account_removed = true, .seen_valid_before = true},
       LocalLogin::wiped},
      {"no login, nothing known", {.file = File::no_login}, LocalLogin::lost},
      {"no login, the account is still noted",
       {.file = File::no_login, .seen_valid_before = true},
       LocalLogin::lost},
      {"a first start without a login",
       {.file = File::no_login, .account_removed = true},
       LocalLogin::lost},
      {"a log-out",
       {.file = File::no_login, .account_removed = true, .seen_valid_before = true},
       LocalLogin::logged_out},
      {"what proves nothing", {.file = File::unreadable}, LocalLogin::unreadable},
      {"what proves nothing is no log-out",
       {.file = File::unreadable, .account_removed = true, .seen_valid_before = true},
       LocalLogin::unreadable},
  };
  every_row_holds(kRows, classify);
}

void help_is_for_malformed_wiped_and_lost(void**) {
  constexpr Row<LocalLogin, bool> kRows[] = {
      {"valid", LocalLogin::valid, false}, {"malformed", LocalLogin::malformed, true},
      {"wiped", LocalLogin::wiped, true},  {"logged out", LocalLogin::logged_out, false},
      {"lost", LocalLogin::lost, true},    {"unreadable", LocalLogin::unreadable, false},
  };
  every_row_holds(kRows, needs_help);
}

void every_login_has_its_first_step(void**) {
  constexpr Row<LoginSituation, LoginStep> kRows[] = {
      {"not enrolled", {.enrolled = false}, LoginStep::done},
      {"not enrolled, with a token",
       {.enrolled = false, .token = TokenHere::usable},
       LoginStep::done},
      {"paused", {.enrolled = true, .paused = true}, LoginStep::done},
      {"paused, with a token",
       {.enrolled = true, .paused = true, .token = TokenHere::usable},
       LoginStep::done},

      {"a token, fresh",
       {.enrolled = true, .token = TokenHere::usable, .fresh = true},
       LoginStep::use_token},
      {"a token, the store failed lately",
       {.enrolled = true, .token = TokenHere::usable, .failed_lately = true},
       LoginStep::use_token},
      {"a token, not fresh: it may have been replaced",
       {.enrolled = true, .token = TokenHere::usable},
       LoginStep::ask_store},
      {"a token and a superseded login, fresh: the token is authoritative",
       {.enrolled = true,
        .token = TokenHere::usable,
        .login = LocalLogin::valid,
        .superseded = true,
        .fresh = true},
       LoginStep::use_token},

      {"lost", {.enrolled = true, .login = LocalLogin::lost}, LoginStep::ask_store_longer},
      {"malformed",
       {.enrolled = true, .login = LocalLogin::malformed},
       LoginStep::ask_store_longer},
      {"wiped", {.enrolled = true, .login = LocalLogin::wiped}, LoginStep::ask_store_longer},
      {"lost although the store was asked lately",
       {.enrolled = true, .login = LocalLogin::lost, .fresh = true},
       LoginStep::ask_store_longer},
      {"lost, the store failed lately",
       {.enrolled = true, .login = LocalLogin::lost, .failed_lately = true},
       LoginStep::done},
      {"lost, with a rejected token",
       {.enrolled = true, .token = TokenHere::rejected, .login = LocalLogin::lost},
       LoginStep::ask_store_longer},

      {"valid and fresh",
       {.enrolled = true, .login = LocalLogin::valid, .fresh = true},
       LoginStep::done},
      {"valid, not fresh", {.enrolled = true, .login = LocalLogin::valid}, LoginStep::ask_store},
      {"valid, the store failed lately",
       {.enrolled = true, .login = LocalLogin::valid, .failed_lately = true},
       LoginStep::done},
      {"valid and fresh, but superseded: a stale copy",
       {.enrolled = true, .login = LocalLogin::valid, .superseded = true, .fresh = true},
       LoginStep::ask_store},
      {"superseded, the store failed lately",
       {.enrolled = true, .login = LocalLogin::valid, .superseded = true, .failed_lately = true},
       LoginStep::done},
      {"valid and fresh, with a rejected token",
       {.enrolled = true, .token = TokenHere::rejected, .login = LocalLogin::valid, .fresh = true},
       LoginStep::done},

      {"logged out and fresh",
       {.enrolled = true, .login = LocalLogin::logged_out, .fresh = true},
       LoginStep::done},
      {"logged out, not fresh: a setup token may be there",
       {.enrolled = true, .login = LocalLogin::logged_out},
       LoginStep::ask_store},
      {"unreadable and fresh",
       {.enrolled = true, .login = LocalLogin::unreadable, .fresh = true},
       LoginStep::done},
      {"unreadable, not fresh: a setup token may be there",
       {.enrolled = true, .login = LocalLogin::unreadable},
       LoginStep::ask_store},
  };
  every_row_holds(kRows, first_step);
}

void every_state_has_its_word(void**) {
  constexpr Row<LocalLogin, std::string_view> kRows[] = {
      {"valid", LocalLogin::valid, "valid"}, {"malformed", LocalLogin::malformed, "malformed"},
      {"wiped", LocalLogin::wiped, "wiped"}, {"logged out", LocalLogin::logged_out, "logged_out"},
      {"lost", LocalLogin::lost, "lost"},    {"unreadable", LocalLogin::unreadable, "unreadable"},
  };
  every_row_holds(kRows, [](LocalLogin login) { return std::string_view(word_of(login)); });
}

struct TokenSituation {
  TokenInStore in_store;
  bool something_usable_here;
};

void every_token_of_the_store_has_its_action(void**) {
  constexpr Row<TokenSituation, TokenAction> kRows[] = {
      {"none", {TokenInStore::none, true}, TokenAction::withdraw},
      {"none, nothing usable", {TokenInStore::none, false}, TokenAction::withdraw},
      {"of a bad shape", {TokenInStore::bad_shape, true}, TokenAction::withdraw},
      {"of a bad shape, nothing usable", {TokenInStore::bad_shape, false}, TokenAction::withdraw},
      {"rejected", {TokenInStore::rejected, true}, TokenAction::withdraw},
      {"rejected, nothing usable", {TokenInStore::rejected, false}, TokenAction::withdraw},
      {"accepted", {TokenInStore::accepted, true}, TokenAction::materialize},
      {"accepted, nothing usable", {TokenInStore::accepted, false}, TokenAction::materialize},
      {"untried, something usable", {TokenInStore::untried, true}, TokenAction::keep},
      {"untried, nothing usable", {TokenInStore::untried, false}, TokenAction::materialize},
  };
  every_row_holds(kRows, [](const TokenSituation& now) {
    return token_action(now.in_store, now.something_usable_here);
  });
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_evidence_has_its_name),
      cmocka_unit_test(help_is_for_malformed_wiped_and_lost),
      cmocka_unit_test(every_login_has_its_first_step),
      cmocka_unit_test(every_state_has_its_word),
      cmocka_unit_test(every_token_of_the_store_has_its_action),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
