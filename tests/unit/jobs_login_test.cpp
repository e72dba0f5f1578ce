// `login`: what it makes of each state of a user's login.
#include "jobs/login.h"

#include <sodium.h>
#include <sys/stat.h>

#include <filesystem>

#include "cmocka_cpp.h"
#include "jobs/observe.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kWait[] = "W\n";
constexpr char kWaitThenLoginNeeded[] = "W\nN 1 0\n";

/// The credentials file as bytes and as a file: a rewrite of the same bytes shows as well.
struct Snapshot {
  std::string bytes;
  struct stat file{};

  explicit Snapshot(const UserHome& home) : bytes(contents(home.paths.credentials)) {
    ::lstat(home.paths.credentials.c_str(), &file);
  }
  bool operator==(const Snapshot& other) const {
    return bytes == other.bytes && file.st_ino == other.file.st_ino &&
           file.st_mode == other.file.st_mode && file.st_size == other.file.st_size;
  }
};

void a_lost_login_is_restored(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "one");
  assert_string_equal(ran.words().c_str(), "RECOVERED");
  assert_string_equal(ran.said.c_str(), kWait);
  assert_int_equal(ran.exit_status, 0);
}

void a_wiped_login_gets_the_newer_generation(void**) {
  const UserHome home;
  home.backed_up("one");
  home.backed_up("two");
  home.write_login("one");
  // Seen here as a stale copy, then wiped by Claude.
  home.change_stamps([&](Stamps& stamps) {
    remember(observe(home.context(), stamps.generations), stamps.generations);
  });
  home.wipe();
  assert_string_equal(home.login().words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "two");
}

void a_dead_generation_comes_back_once(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  assert_string_equal(home.login().words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");

  home.wipe();
  const Snapshot before(home);
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_string_equal(ran.said.c_str(), kWaitThenLoginNeeded);
  assert_true(ran.logs(home.config.login_command));
  assert_true(Snapshot(home) == before);
}

void a_dead_generation_with_10_minutes_left_stays_away(void**) {
  const UserHome home;
  home.backed_up("one", 10min);
  home.wipe();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "wiped");
  assert_string_equal(ran.said.c_str(), kWaitThenLoginNeeded);
}

void a_dead_generation_with_more_than_10_minutes_left_comes_back(void**) {
  const UserHome home;
  home.backed_up("one", 10min + 1ms);
  home.wipe();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_lost_generation_comes_back_although_its_access_token_has_ended(void**) {
  const UserHome home;
  home.backed_up("one", -1h);
  home.lose();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void who_logged_out_stays_logged_out(void**) {
  const UserHome home;
  home.backed_up("one");
  home.log_out();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "none");
  assert_string_equal(ran.words().c_str(), "");
  assert_string_equal(ran.said.c_str(), "");
}

void a_new_login_ends_a_log_out(void**) {
  UserHome home;
  home.backed_up("one");
  home.log_out();
  static_cast<void>(home.login());
  put(home.paths.claude_json, R"({"oauthAccount":{}})");
  home.backed_up("two");
  home.lose();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "two");
}

void a_first_start_of_claude_is_no_log_out(void**) {
  const UserHome home;
  home.backed_up("one");
  std::filesystem::remove_all(home.paths.state_dir);
  home.log_out();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_valid_and_fresh_login_asks_nobody_and_says_nothing(void**) {
  const UserHome home;
  home.backed_up("one");
  home.be_fresh();
  home.garble_store();
  const Snapshot before(home);
  const Ran ran = home.login();
  assert_true(Snapshot(home) == before);
  assert_string_equal(ran.words().c_str(), "");
  assert_string_equal(ran.said.c_str(), "");
}

void a_valid_login_that_is_not_fresh_asks_and_stays(void**) {
  const UserHome home;
  home.backed_up("one");
  const Snapshot before(home);
  const Ran ran = home.login();
  assert_true(Snapshot(home) == before);
  assert_true(home.stamps().store_read_at == home.clock.at);
  assert_string_equal(ran.words().c_str(), "");
  assert_string_equal(ran.said.c_str(), "");
}

void freshness_ends_after_fresh_for(void**) {
  UserHome home;
  home.backed_up("one");
  home.be_fresh();
  home.garble_store();
  home.clock.at += home.config.fresh_for - 1ms;
  assert_string_equal(home.login().words().c_str(), "");
  home.clock.at += 1ms;
  assert_string_equal(home.login().words().c_str(), "WARN");
}

void an_answer_from_the_future_is_not_fresh(void**) {
  UserHome home;
  home.backed_up("one");
  home.be_fresh();
  home.garble_store();
  home.clock.at -= 1ms;
  assert_string_equal(home.login().words().c_str(), "WARN");
}

void an_expired_login_is_left_alone(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_login("one", -1h);
  const Snapshot before(home);
  assert_string_equal(home.login().words().c_str(), "");
  assert_true(Snapshot(home) == before);
}

void a_login_that_the_store_does_not_know_is_left_alone(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_login("two");
  const Snapshot before(home);
  assert_string_equal(home.login().words().c_str(), "");
  assert_true(Snapshot(home) == before);
}

void a_stale_copy_over_the_live_file_is_replaced_even_while_fresh(void**) {
  const UserHome home;
  home.backed_up("one");
  home.backed_up("two");
  home.be_fresh();
  home.write_login("one");
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "two");
  // Something usable was there all the time: no longer deadline was asked for.
  assert_string_equal(ran.said.c_str(), "");
}

void an_older_login_that_was_never_seen_here_is_no_stale_copy(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_login("old", -30 * 24h);
  assert_string_equal(home.login().words().c_str(), "");
  assert_string_equal(home.generation().c_str(), "old");
}

void another_hosts_login_stays_away(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  home.lose();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "none");
  assert_true(ran.logs("this-host"));
  assert_string_equal(ran.said.c_str(), kWaitThenLoginNeeded);
}

void another_hosts_login_comes_with_shared_login(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  home.config.shared_login = true;
  home.lose();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_document_that_names_no_host_is_ours(void**) {
  const UserHome home;
  home.backed_up("one");
  home.drop_field("backed_up_by");
  home.lose();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void an_empty_store_needs_the_person(void**) {
  const UserHome home;
  home.make_store_empty();
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_string_equal(ran.said.c_str(), kWaitThenLoginNeeded);
  assert_int_equal(ran.exit_status, 1);
}

void a_document_without_a_valid_login_needs_the_person(void**) {
  const UserHome home;
  home.backed_up("one");
  home.set_field("claude_ai_oauth_json", R"({"accessToken":"","refreshToken":""})");
  home.lose();
  assert_string_equal(home.login().said.c_str(), kWaitThenLoginNeeded);
  assert_string_equal(home.generation().c_str(), "none");
}

void a_user_who_is_not_enrolled_finds_nothing_new(void**) {
  const UserHome home;
  const std::size_t before = entries_in(home.dir.path());
  const Ran ran = home.login();
  assert_int_equal(entries_in(home.dir.path()), before);
  assert_string_equal(ran.said.c_str(), "");
  assert_int_equal(ran.exit_status, 0);
}

void a_paused_user_is_left_alone(void**) {
  const UserHome home;
  home.backed_up("one");
  put(home.paths.paused, "");
  home.lose();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "none");
  assert_string_equal(ran.words().c_str(), "");
  assert_string_equal(ran.said.c_str(), "");
}

void an_end_of_the_login_is_announced_3_days_ahead(void**) {
  for (const auto& [left, said] : {std::pair{72h, "N 2 3\n"}, std::pair{1h, "N 2 1\n"}}) {
    const UserHome home;
    const auto ends = (home.clock.at + left).time_since_epoch().count();
    home.backed_up("one");
    home.write_login_with("one", R"(,"refreshTokenExpiresAt":)" + std::to_string(ends));
    assert_string_equal(home.login().said.c_str(), said);
    home.be_fresh();
    assert_string_equal(home.login().said.c_str(), said);
  }
}

void a_login_that_ends_later_is_not_announced(void**) {
  const UserHome home;
  const auto ends = (home.clock.at + 72h + 1ms).time_since_epoch().count();
  home.backed_up("one");
  home.write_login_with("one", R"(,"refreshTokenExpiresAt":)" + std::to_string(ends));
  assert_string_equal(home.login().said.c_str(), "");
}

void a_login_that_has_ended_needs_the_person(void**) {
  UserHome home;
  const auto ends = (home.clock.at + 1h).time_since_epoch().count();
  home.backed_up("one");
  home.write_login_with("one", R"(,"refreshTokenExpiresAt":)" + std::to_string(ends));
  home.clock.at += 24h;
  assert_string_equal(home.login().said.c_str(), "N 1 0\n");
}

void a_login_that_is_seen_is_remembered(void**) {
  const UserHome home;
  home.make_store_empty();
  home.write_login("one");
  home.be_fresh();
  static_cast<void>(home.login());
  assert_true(home.stamps().generations.any_seen());
}

void a_login_by_hand_needs_no_listener(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  const Ran ran = home.run([](Context& context) {
    ReplyWriter nobody(-1);
    return login(context, {.refresh = 20s, .total = 30s}, nobody);
  });
  assert_string_equal(ran.words().c_str(), "RECOVERED");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_lost_login_is_restored),
      cmocka_unit_test(a_wiped_login_gets_the_newer_generation),
      cmocka_unit_test(a_dead_generation_comes_back_once),
      cmocka_unit_test(a_dead_generation_with_10_minutes_left_stays_away),
      cmocka_unit_test(a_dead_generation_with_more_than_10_minutes_left_comes_back),
      cmocka_unit_test(a_lost_generation_comes_back_although_its_access_token_has_ended),
      cmocka_unit_test(who_logged_out_stays_logged_out),
      cmocka_unit_test(a_new_login_ends_a_log_out),
      cmocka_unit_test(a_first_start_of_claude_is_no_log_out),
      cmocka_unit_test(a_valid_and_fresh_login_asks_nobody_and_says_nothing),
      cmocka_unit_test(a_valid_login_that_is_not_fresh_asks_and_stays),
      cmocka_unit_test(freshness_ends_after_fresh_for),
      cmocka_unit_test(an_answer_from_the_future_is_not_fresh),
      cmocka_unit_test(an_expired_login_is_left_alone),
      cmocka_unit_test(a_login_that_the_store_does_not_know_is_left_alone),
      cmocka_unit_test(a_stale_copy_over_the_live_file_is_replaced_even_while_fresh),
      cmocka_unit_test(an_older_login_that_was_never_seen_here_is_no_stale_copy),
      cmocka_unit_test(another_hosts_login_stays_away),
      cmocka_unit_test(another_hosts_login_comes_with_shared_login),
      cmocka_unit_test(a_document_that_names_no_host_is_ours),
      cmocka_unit_test(an_empty_store_needs_the_person),
      cmocka_unit_test(a_document_without_a_valid_login_needs_the_person),
      cmocka_unit_test(a_user_who_is_not_enrolled_finds_nothing_new),
      cmocka_unit_test(a_paused_user_is_left_alone),
      cmocka_unit_test(an_end_of_the_login_is_announced_3_days_ahead),
      cmocka_unit_test(a_login_that_ends_later_is_not_announced),
      cmocka_unit_test(a_login_that_has_ended_needs_the_person),
      cmocka_unit_test(a_login_that_is_seen_is_remembered),
      cmocka_unit_test(a_login_by_hand_needs_no_listener),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
