// helper/decide/provision_decision: what provisioning does about a token and units, row by row.
#include "decide/provision_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;
using enum VaultTokenSeen;
using enum NamedToken;

void without_an_admins_token_nothing_is_minted(void**) {
  constexpr Row<TokenSituation, TokenStep> kRows[] = {
      {"ours", {.file = ours}, TokenStep::keep},
      {"absent", {.file = absent}, TokenStep::leave},
      {"foreign", {.file = foreign}, TokenStep::leave},
      {"rejected", {.file = rejected}, TokenStep::leave},
      {"unreadable", {.file = unreadable}, TokenStep::leave},
      {"unknown", {.file = unknown}, TokenStep::report},
      {"present, which nobody can say here", {.file = present}, TokenStep::report},
  };
  every_row_holds(kRows, token_step);
}

void what_is_no_good_token_is_replaced(void**) {
  constexpr Row<TokenSituation, TokenStep> kRows[] = {
      {"absent", {.file = absent, .may_ask = true}, TokenStep::mint},
      {"foreign", {.file = foreign, .may_ask = true}, TokenStep::mint},
      {"rejected", {.file = rejected, .may_ask = true}, TokenStep::mint},
      {"a symbolic link, a FIFO, garbage", {.file = unreadable, .may_ask = true}, TokenStep::mint},
  };
  every_row_holds(kRows, token_step);
}

void what_proves_nothing_is_reported(void**) {
  constexpr Row<TokenSituation, TokenStep> kRows[] = {
      {"unknown", {.file = unknown, .may_ask = true}, TokenStep::report},
      {"present, which nobody can say here", {.file = present, .may_ask = true}, TokenStep::report},
  };
  every_row_holds(kRows, token_step);
}

void the_server_outranks_the_users_word(void**) {
  constexpr Row<TokenSituation, TokenStep> kRows[] = {
      {"his own, recorded", {ours, true, own, true}, TokenStep::keep},
      {"his own, not recorded", {ours, true, own, false}, TokenStep::record},
      {"gone, recorded", {ours, true, gone, true}, TokenStep::mint},
      {"gone, not recorded", {ours, true, gone, false}, TokenStep::mint},
      {"somebody else's", {ours, true, of_another, false}, TokenStep::distrust},
      {"somebody else's, recorded", {ours, true, of_another, true}, TokenStep::distrust},
      {"no answer", {ours, true, not_asked, true}, TokenStep::report},
  };
  every_row_holds(kRows, token_step);
}

void every_mint_has_its_reason(void**) {
  constexpr Row<TokenSituation, std::string_view> kRows[] = {
      {"absent", {.file = absent, .may_ask = true}, "there was none"},
      {"foreign", {.file = foreign, .may_ask = true}, "the one in place was not the user's own"},
      {"rejected", {.file = rejected, .may_ask = true}, "the one in place was dead"},
      {"unreadable", {.file = unreadable, .may_ask = true}, "the file in place was no token file"},
      {"gone", {ours, true, gone, true}, "the one in place was dead"},
  };
  every_row_holds(kRows, why_minted);
}

// An hour for a roster of a thousand who all hang.
void patience_with_users_who_hang_is_bounded(void**) {
  constexpr Row<int, Millis::rep> kRows[] = {
      {"nobody hung yet", 0, 45'000},
      {"five did", 5, 45'000},
      {"six did", 6, 3'000},
      {"thousands did", 2'000, 3'000},
  };
  every_row_holds(kRows, [](int hung) { return user_patience(hung).count(); });
}

struct Units {
  bool wanted;
  bool some_on;
  bool some_off;
};

void units_are_made_all_on_or_all_off(void**) {
  constexpr Row<Units, UnitsStep> kRows[] = {
      {"wanted, all on", {true, true, false}, UnitsStep::leave},
      {"wanted, all off", {true, false, true}, UnitsStep::enable},
      {"wanted, partly on", {true, true, true}, UnitsStep::enable},
      {"wanted, no systemd", {true, false, false}, UnitsStep::leave},
      {"unwanted, all on", {false, true, false}, UnitsStep::disable},
      {"unwanted, all off", {false, false, true}, UnitsStep::leave},
      {"unwanted, partly on", {false, true, true}, UnitsStep::disable},
      {"unwanted, no systemd", {false, false, false}, UnitsStep::leave},
  };
  every_row_holds(
      kRows, [](const Units& now) { return units_step(now.wanted, now.some_on, now.some_off); });
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_an_admins_token_nothing_is_minted),
      cmocka_unit_test(what_is_no_good_token_is_replaced),
      cmocka_unit_test(what_proves_nothing_is_reported),
      cmocka_unit_test(the_server_outranks_the_users_word),
      cmocka_unit_test(every_mint_has_its_reason),
      cmocka_unit_test(patience_with_users_who_hang_is_bounded),
      cmocka_unit_test(units_are_made_all_on_or_all_off),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
