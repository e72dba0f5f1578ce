// `status`: what a person reads, and whether there is something to do.
#include "jobs/status.h"

#include <sodium.h>
#include <sys/stat.h>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "jobs/pause.h"
#include "standard_streams.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Shown {
  int exit_status = 0;
  std::string text;

  /// What stands behind a name; empty where there is no such row.
  [[nodiscard]] std::string row(const std::string& name) const {
    const std::size_t start = ("\n" + text).find("\n" + name + " ");
    if (start == std::string::npos) return {};
    const std::string line = text.substr(start, text.find('\n', start) - start);
    return line.substr(std::min(line.find_first_not_of(' ', name.size()), line.size()));
  }
};

Shown show(const UserHome& home) {
  Ran ran;
  const std::string text = output_of(
      [&] { ran = home.run([](Context& context) { return status(context, Reach::everywhere); }); });
  assert_true(ran.logged.empty());
  return {.exit_status = ran.exit_status, .text = text};
}

void a_healthy_user_has_nothing_to_do(void**) {
  UserHome home;
  home.backed_up("one", 8h);
  home.clock.at += 1h;
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 0);
  assert_string_equal(shown.row("user").c_str(), "made-up-user on this-host");
  assert_string_equal(shown.row("store").c_str(), ("local, " + home.paths.local_store).c_str());
  assert_string_equal(shown.row("login").c_str(), "valid, access token ends in 7 hours");
  assert_string_equal(shown.row("backup").c_str(), "valid, written 1 hour ago");
  assert_string_equal(shown.row("setup token").c_str(), "none");
  assert_string_equal(shown.row("to do").c_str(), "");
}

void an_expired_access_token_is_no_worry(void**) {
  UserHome home;
  home.backed_up("one", 1h);
  home.clock.at += 3h;
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 0);
  assert_true(shown.row("login").contains("ended 2 hours ago (Claude refreshes it by itself)"));
}

void who_is_not_enrolled_is_told_how(void**) {
  const UserHome home;
  home.write_login("one");
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_true(shown.row("to do").contains("claude-auth-sync backup"));
}

void a_lost_login_that_is_backed_up_needs_a_restore(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_true(shown.row("to do").contains("claude-auth-sync restore"));
}

void a_dead_login_needs_the_person(void**) {
  const UserHome home;
  home.backed_up("one", 5min);
  home.wipe();
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_true(shown.row("to do").contains(home.config.login_command));
}

void a_malformed_file_is_named(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials("garbled");
  assert_true(show(home).row("login").contains(home.paths.credentials));
}

void a_fifo_is_to_be_moved_away(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_int_equal(::mkfifo(home.paths.credentials.c_str(), 0600), 0);
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_true(shown.row("to do").contains(home.paths.credentials));
}

void who_logged_out_has_nothing_to_do(void**) {
  const UserHome home;
  home.backed_up("one");
  home.log_out();
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 0);
  assert_string_equal(shown.row("login").c_str(), "logged out");
}

void a_store_that_fails_is_named(void**) {
  const UserHome home;
  home.backed_up("one");
  home.garble_store();
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_true(shown.row("to do").contains("local store"));
}

void a_setup_token_in_force_makes_a_lost_login_fine(void**) {
  const UserHome home;
  home.set_field("setup_token", setup_token("new"));
  home.set_field("setup_token_stored_at", iso8601(home.clock.at - 300 * 24h));
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 0);
  assert_string_equal(shown.row("setup token").c_str(),
                      "in force, not tried yet, its year ends in 65 days");
}

void a_rejected_setup_token_needs_the_person(void**) {
  const UserHome home;
  home.backed_up("one");
  home.set_field("setup_token", setup_token("bad"));
  home.change_stamps([](Stamps& stamps) {
    stamps.rejected_setup_tokens.add(token_fingerprint(setup_token("bad")));
  });
  const Shown shown = show(home);
  assert_int_equal(shown.exit_status, 1);
  assert_string_equal(shown.row("setup token").c_str(), "rejected by Claude");
  assert_true(shown.row("to do").contains("setup-token set"));
}

void a_backup_of_no_use_is_shown(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  assert_true(show(home).row("backup").contains("by another host: this-host"));
  home.set_field("claude_ai_oauth_json", "garbled");
  assert_string_equal(show(home).row("backup").c_str(), "not a valid login");
}

void the_end_of_the_login_is_shown(void**) {
  const UserHome home;
  home.backed_up("one");
  const auto ends = (home.clock.at + 48h).time_since_epoch().count();
  home.write_login_with("one", R"(,"refreshTokenExpiresAt":)" + std::to_string(ends));
  assert_true(show(home).row("login").ends_with(", login ends in 2 days"));
}

void a_pause_is_shown(void**) {
  const UserHome home;
  home.backed_up("one");
  static_cast<void>(home.run(pause));
  assert_true(show(home).row("paused").contains("resume"));
}

void showing_changes_nothing(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  const std::string before = contents(home.paths.state);
  static_cast<void>(show(home));
  assert_string_equal(contents(home.paths.state).c_str(), before.c_str());
  assert_int_equal(home.document().version, 1);
}

void the_last_result_is_shown(void**) {
  UserHome home;
  home.backed_up("one");
  home.clock.at += 2h;
  const Shown shown = show(home);
  assert_string_equal(shown.row("last result").c_str(), "OK login backed up, 2 hours ago");
  assert_string_equal(shown.row("last success").c_str(), "2 hours ago");
}

void nothing_secret_is_shown(void**) {
  const UserHome home;
  home.backed_up("one");
  home.set_field("setup_token", setup_token("new"));
  assert_false(show(home).text.contains("TEST"));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_healthy_user_has_nothing_to_do),
      cmocka_unit_test(an_expired_access_token_is_no_worry),
      cmocka_unit_test(who_is_not_enrolled_is_told_how),
      cmocka_unit_test(a_lost_login_that_is_backed_up_needs_a_restore),
      cmocka_unit_test(a_dead_login_needs_the_person),
      cmocka_unit_test(a_malformed_file_is_named),
      cmocka_unit_test(a_fifo_is_to_be_moved_away),
      cmocka_unit_test(who_logged_out_has_nothing_to_do),
      cmocka_unit_test(a_store_that_fails_is_named),
      cmocka_unit_test(a_setup_token_in_force_makes_a_lost_login_fine),
      cmocka_unit_test(a_rejected_setup_token_needs_the_person),
      cmocka_unit_test(a_backup_of_no_use_is_shown),
      cmocka_unit_test(the_end_of_the_login_is_shown),
      cmocka_unit_test(a_pause_is_shown),
      cmocka_unit_test(showing_changes_nothing),
      cmocka_unit_test(the_last_result_is_shown),
      cmocka_unit_test(nothing_secret_is_shown),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
