// helper/decide/sync_decision: what a sync does with the login and the setup token, row by row.
#include "decide/sync_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using namespace std::chrono_literals;
using test::every_row_holds;
using test::Row;

constexpr Instant kNow{1'800'000'000s};

void every_login_has_its_first_step(void**) {
  constexpr Row<LocalLogin, SyncStep> kRows[] = {
      {"valid", LocalLogin::valid, SyncStep::probe},
      {"malformed", LocalLogin::malformed, SyncStep::restore},
      {"wiped", LocalLogin::wiped, SyncStep::restore},
      {"lost", LocalLogin::lost, SyncStep::restore},
      {"logged out", LocalLogin::logged_out, SyncStep::leave_alone},
      {"unreadable", LocalLogin::unreadable, SyncStep::report},
  };
  every_row_holds(kRows, first_sync_step);
}

void only_a_token_that_lives_past_the_probe_is_tried_in_isolation(void**) {
  constexpr Row<Instant, ProbePlace> kRows[] = {
      {"hours left", kNow + 8h, ProbePlace::isolated},
      {"just over 6 minutes left", kNow + 6min + 1ms, ProbePlace::isolated},
      {"6 minutes left: Claude would refresh while it is probed", kNow + 6min, ProbePlace::home},
      {"over", kNow - 1ms, ProbePlace::home},
  };
  every_row_holds(kRows, [](Instant ends) { return probe_place(ends, kNow); });
}

struct Probed {
  ProbeVerdict verdict;
  bool restored_before;
};

void only_broken_authentication_leads_to_one_restore(void**) {
  constexpr Row<Probed, AfterProbe> kRows[] = {
      {"accepted", {ProbeVerdict::accepted, false}, AfterProbe::back_up},
      {"accepted after a restore", {ProbeVerdict::accepted, true}, AfterProbe::back_up},
      {"rejected", {ProbeVerdict::rejected, false}, AfterProbe::restore},
      {"rejected after a restore", {ProbeVerdict::rejected, true}, AfterProbe::ask_person},
      {"unchecked", {ProbeVerdict::unchecked, false}, AfterProbe::could_not_check},
      {"unchecked after a restore", {ProbeVerdict::unchecked, true}, AfterProbe::could_not_check},
      {"no client", {ProbeVerdict::no_client, false}, AfterProbe::no_client},
      {"no client after a restore", {ProbeVerdict::no_client, true}, AfterProbe::no_client},
  };
  every_row_holds(kRows,
                  [](const Probed& now) { return after_probe(now.verdict, now.restored_before); });
}

void four_times_in_a_row_are_long(void**) {
  constexpr Row<int, bool> kRows[] = {
      {"once", 1, false}, {"three times", 3, false}, {"four times", 4, true}, {"more", 9, true}};
  every_row_holds(kRows, is_unchecked_for_long);
}

void a_lock_that_is_busy_at_two_syncs_in_a_row_is_stuck(void**) {
  constexpr Row<int, bool> kRows[] = {
      {"once", 1, false}, {"twice", 2, true}, {"after the network was away", 4, true}};
  every_row_holds(kRows, is_busy_for_long);
}

void a_token_is_tried_when_first_seen_and_once_a_day(void**) {
  constexpr Row<TokenTrial, bool> kRows[] = {
      {"first seen", {}, true},
      {"accepted by a person's word, never tried",
       {.accepted_before = true, .tried_at = std::nullopt},
       true},
      {"accepted lately", {.accepted_before = true, .tried_at = kNow - 24h + 1ms}, false},
      {"accepted a day ago", {.accepted_before = true, .tried_at = kNow - 24h}, true},
      {"rejected lately", {.rejected_before = true, .tried_at = kNow - 1h}, false},
      {"rejected a day ago", {.rejected_before = true, .tried_at = kNow - 24h}, true},
      {"tried without an answer", {.tried_at = kNow - 1h}, true},
      {"tried in the future", {.accepted_before = true, .tried_at = kNow + 1ms}, true},
  };
  every_row_holds(kRows, [](const TokenTrial& trial) { return trial_is_due(trial, kNow); });
}

struct Tried {
  TokenTrial trial;
  std::optional<ProbeVerdict> verdict;
};

void every_trial_has_its_outcome(void**) {
  using enum ProbeVerdict;
  constexpr TokenTrial kAccepted{.accepted_before = true, .tried_at = std::nullopt};
  constexpr TokenTrial kRejected{.rejected_before = true, .tried_at = std::nullopt};
  constexpr Row<Tried, TokenOutcome> kRows[] = {
      {"new, accepted", {{}, accepted}, TokenOutcome::in_force},
      {"new, rejected", {{}, rejected}, TokenOutcome::rejected},
      {"new, unchecked", {{}, unchecked}, TokenOutcome::in_force_untried},
      {"new, no client", {{}, no_client}, TokenOutcome::in_force_untried},
      {"accepted before, not due", {kAccepted, std::nullopt}, TokenOutcome::in_force},
      {"accepted before, unchecked now", {kAccepted, unchecked}, TokenOutcome::in_force},
      {"accepted before, rejected now", {kAccepted, rejected}, TokenOutcome::rejected},
      {"rejected before, not due", {kRejected, std::nullopt}, TokenOutcome::rejected},
      {"rejected before, unchecked now", {kRejected, unchecked}, TokenOutcome::rejected},
      {"rejected before, accepted now", {kRejected, accepted}, TokenOutcome::in_force},
  };
  every_row_holds(kRows,
                  [](const Tried& tried) { return token_outcome(tried.trial, tried.verdict); });
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_login_has_its_first_step),
      cmocka_unit_test(only_a_token_that_lives_past_the_probe_is_tried_in_isolation),
      cmocka_unit_test(only_broken_authentication_leads_to_one_restore),
      cmocka_unit_test(four_times_in_a_row_are_long),
      cmocka_unit_test(a_lock_that_is_busy_at_two_syncs_in_a_row_is_stuck),
      cmocka_unit_test(a_token_is_tried_when_first_seen_and_once_a_day),
      cmocka_unit_test(every_trial_has_its_outcome),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
