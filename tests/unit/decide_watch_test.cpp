// helper/decide/watch_decision: what the watch does about what it sees, row by row.
#include "decide/watch_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;

void every_sight_has_its_step(void**) {
  using enum RestoreVerdict;
  constexpr Row<WatchSituation, WatchStep> kRows[] = {
      {"paused", {.paused = true, .from_memory = restore}, WatchStep::nothing},
      {"a setup token in force",
       {.setup_token_in_force = true, .from_memory = restore},
       WatchStep::nothing},

      {"valid and new", {.login = LocalLogin::valid}, WatchStep::take},
      {"valid and known", {.login = LocalLogin::valid, .in_memory = true}, WatchStep::nothing},
      {"a stale copy, the live one in memory",
       {.login = LocalLogin::valid, .superseded = true, .from_memory = restore},
       WatchStep::heal_from_memory},
      {"a stale copy, the live one elsewhere",
       {.login = LocalLogin::valid, .superseded = true, .from_memory = leave_same},
       WatchStep::ask_store},
      {"a stale copy, and the store had nothing better",
       {.login = LocalLogin::valid,
        .superseded = true,
        .from_memory = leave_same,
        .dealt_with = true},
       WatchStep::nothing},

      {"a login that came back, its account gone",
       {.login = LocalLogin::valid, .in_memory = true, .came_back = true, .account_removed = true},
       WatchStep::take_back},
      {"the same, after another one was seen",
       {.login = LocalLogin::valid,
        .in_memory = true,
        .superseded = true,
        .came_back = true,
        .account_removed = true},
       WatchStep::take_back},
      {"a login that came back, its account still there",
       {.login = LocalLogin::valid, .in_memory = true, .came_back = true},
       WatchStep::nothing},
      {"a login that never went, without an account",
       {.login = LocalLogin::valid, .in_memory = true, .account_removed = true},
       WatchStep::nothing},
      {"somebody logged in after one came back",
       {.login = LocalLogin::valid, .came_back = true, .account_removed = true},
       WatchStep::take},
      {"a login that came back, and was wiped since",
       {.login = LocalLogin::wiped,
        .came_back = true,
        .account_removed = true,
        .from_memory = document_dead,
        .dealt_with = true},
       WatchStep::nothing},
      {"paused after a login came back",
       {.paused = true,
        .login = LocalLogin::valid,
        .in_memory = true,
        .came_back = true,
        .account_removed = true},
       WatchStep::nothing},
      {"a setup token after a login came back",
       {.setup_token_in_force = true,
        .login = LocalLogin::valid,
        .in_memory = true,
        .came_back = true,
        .account_removed = true},
       WatchStep::nothing},

      {"logged out", {.login = LocalLogin::logged_out, .from_memory = restore}, WatchStep::forget},
      {"unreadable", {.login = LocalLogin::unreadable}, WatchStep::report},
      {"unreadable, and said so",
       {.login = LocalLogin::unreadable, .dealt_with = true},
       WatchStep::nothing},

      {"lost, in memory",
       {.login = LocalLogin::lost, .from_memory = restore},
       WatchStep::heal_from_memory},
      {"wiped, in memory",
       {.login = LocalLogin::wiped, .from_memory = restore},
       WatchStep::heal_from_memory},
      {"malformed, in memory",
       {.login = LocalLogin::malformed, .from_memory = restore},
       WatchStep::heal_from_memory},
      {"lost, memory empty",
       {.login = LocalLogin::lost, .from_memory = no_document},
       WatchStep::ask_store},
      {"wiped, memory dead",
       {.login = LocalLogin::wiped, .from_memory = document_dead},
       WatchStep::ask_store},
      {"wiped, and the store could not help",
       {.login = LocalLogin::wiped, .from_memory = document_dead, .dealt_with = true},
       WatchStep::nothing},
      {"wiped again, what is in memory can still help",
       {.login = LocalLogin::wiped, .from_memory = restore, .dealt_with = true},
       WatchStep::heal_from_memory},
  };
  every_row_holds(kRows, watch_step);
}

void a_writer_gets_the_time_it_needs(void**) {
  constexpr Row<LocalLogin, Millis::rep> kRows[] = {
      {"valid", LocalLogin::valid, 0},           {"logged out", LocalLogin::logged_out, 0},
      {"unreadable", LocalLogin::unreadable, 0}, {"wiped", LocalLogin::wiped, 100},
      {"malformed", LocalLogin::malformed, 300}, {"lost", LocalLogin::lost, 500},
  };
  every_row_holds(kRows, [](LocalLogin login) { return settle_time(login).count(); });
}

void a_login_that_came_back_is_doubted_for_some_seconds(void**) {
  constexpr Row<int, std::optional<Millis>> kRows[] = {
      {"the first", 1, Millis(500)},    {"the second", 2, Millis(1'000)},
      {"the third", 3, Millis(2'000)},  {"the fourth", 4, Millis(4'000)},
      {"the fifth", 5, Millis(4'000)},  {"no sixth", 6, std::nullopt},
      {"none at all", 7, std::nullopt},
  };
  every_row_holds(kRows, account_look);
}

void the_pause_between_tries_doubles_up_to_10_minutes(void**) {
  constexpr Row<int, Millis::rep> kRows[] = {
      {"before any failure", 0, 15'000}, {"the first", 1, 15'000},  {"the second", 2, 30'000},
      {"the fifth", 5, 240'000},         {"the sixth", 6, 480'000}, {"the seventh", 7, 600'000},
      {"the hundredth", 100, 600'000},
  };
  every_row_holds(kRows, [](int failures) { return backup_retry(failures).count(); });
}

void the_pause_between_heals_never_exceeds_half_a_second(void**) {
  constexpr Row<int, Millis::rep> kRows[] = {
      {"the first", 1, 250},
      {"the second", 2, 500},
      {"the third", 3, 500},
      {"the hundredth", 100, 500},
  };
  every_row_holds(kRows, [](int failures) { return heal_retry(failures).count(); });
}

// Each try waits 2 s for a lock, and half a second passes between two.
void a_busy_lock_is_given_the_minute_after_which_a_dead_clients_is_taken(void**) {
  assert_true(heals_until_told(HealTrouble::busy) * Millis(2'500) > Millis(60'000));
  assert_true(heals_until_told(HealTrouble::broken) * heal_retry(2) <= Millis(5'000));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_sight_has_its_step),
      cmocka_unit_test(a_writer_gets_the_time_it_needs),
      cmocka_unit_test(a_login_that_came_back_is_doubted_for_some_seconds),
      cmocka_unit_test(the_pause_between_tries_doubles_up_to_10_minutes),
      cmocka_unit_test(the_pause_between_heals_never_exceeds_half_a_second),
      cmocka_unit_test(a_busy_lock_is_given_the_minute_after_which_a_dead_clients_is_taken),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
