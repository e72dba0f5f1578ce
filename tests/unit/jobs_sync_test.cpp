// `sync`: what the timer's job does to each state; a shell script stands in for `claude`.
#include "jobs/sync.h"

#include <sodium.h>
#include <sys/stat.h>

#include <filesystem>

#include "cmocka_cpp.h"
#include "jobs/status_report.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kAccepts[] = "echo AUTH_OK";
constexpr char kRejects[] = "echo 'Failed to authenticate. API Error: 401 made up'; exit 1";
constexpr char kLimit[] = "echo \"You've hit your session limit\"; exit 1";

/// A home with a `claude` in it, which notes its HOME and token and does a script.
struct Home : UserHome {
  explicit Home(const std::string& script) {
    environment = {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", dir.path()}};
    claude_does(script);
  }

  void claude_does(const std::string& script) const {
    std::filesystem::create_directories(user.home + "/.local/bin");
    put(user.home + "/.local/bin/claude",
        "#!/bin/sh\necho \"$HOME $CLAUDE_CODE_OAUTH_TOKEN\" >>'" + (dir / "calls") + "'\n" +
            script + "\n",
        0755);
  }
  [[nodiscard]] Ran sync() const {
    return run([](Context& context) { return claude_auth::sync(context); });
  }
  [[nodiscard]] std::string calls() const {
    return exists(dir / "calls") ? contents(dir / "calls") : "";
  }
  /// The generation in the store, as its access token tells.
  [[nodiscard]] std::string stored() const {
    const auto login = parse_object(field("claude_ai_oauth_json"));
    if (!login) return "none";
    const std::string access(string_member(login->get(), "accessToken").value_or(""));
    return access.substr(access.rfind('-') + 1);
  }
};

void one_who_is_not_enrolled_is_passed_over(void**) {
  const Home home(kAccepts);
  home.write_login("one");
  assert_string_equal(home.sync().words().c_str(), "SKIP");
  assert_string_equal(home.calls().c_str(), "");
}

void a_second_sync_at_once_is_passed_over(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  const auto held = FileLock::acquire(home.paths.lock, Deadline::in(Millis(0)));
  assert_true(held.has_value());
  assert_string_equal(home.sync().words().c_str(), "SKIP");
}

void a_login_that_works_is_backed_up(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.write_login("two");
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(home.stored().c_str(), "two");
}

void a_living_access_token_is_probed_away_from_home(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_false(home.calls().starts_with(home.user.home + " "));
  assert_true(home.calls().contains("-one"));
}

void a_login_that_ran_out_is_probed_at_home(void**) {
  const Home home(kAccepts);
  home.backed_up("one", -1h);
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(home.calls().c_str(), (home.user.home + " \n").c_str());
}

void a_lost_login_is_restored_and_probed(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.lose();
  assert_string_equal(home.sync().words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
}

void a_rejected_login_is_replaced_by_the_stores_other_one(void**) {
  const Home home("case $CLAUDE_CODE_OAUTH_TOKEN in *-one) " + std::string(kAccepts) + ";; *) " +
                  kRejects + ";; esac");
  home.backed_up("one");
  home.write_login("two");
  const Ran ran = home.sync();
  assert_string_equal(ran.words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
}

void a_newer_login_that_claude_can_still_refresh_is_not_replaced(void**) {
  const Home home(kRejects);
  home.backed_up("one");
  home.write_login("two");
  home.claude_does("[ -n \"$CLAUDE_CODE_OAUTH_TOKEN\" ] || { " + std::string(kAccepts) +
                   "; exit 0; }\n" + kRejects);
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(home.generation().c_str(), "two");
  assert_string_equal(home.stored().c_str(), "two");
}

void a_rejected_login_that_the_store_has_too_asks_for_a_person(void**) {
  const Home home(kRejects);
  home.backed_up("one");
  const Ran ran = home.sync();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("interactive SSO login required"));
  assert_string_equal(home.generation().c_str(), "one");
}

bool says_rejected(const Home& home) {
  return gather_status(home.context(), Reach::everywhere).login->rejected;
}

void a_rejection_is_not_about_the_login_after_it(void**) {
  const Home home(kRejects);
  home.backed_up("one");
  assert_string_equal(home.sync().words().c_str(), "FAIL");
  assert_true(says_rejected(home));
  home.write_login("two");
  assert_false(says_rejected(home));
}

void a_login_after_a_loss_is_not_rejected(void**) {
  const Home home(kRejects);
  home.backed_up("one");
  home.wipe();
  home.make_store_empty();
  assert_string_equal(home.sync().words().c_str(), "FAIL");
  home.write_login("two");
  assert_false(says_rejected(home));
}

void a_login_that_came_during_the_probe_is_never_replaced(void**) {
  const Home home(kAccepts);
  home.write_login("three");
  const std::string fresh = contents(home.paths.credentials);
  put(home.dir / "fresh", fresh);
  home.backed_up("one");
  home.write_login("two");
  home.claude_does("case $CLAUDE_CODE_OAUTH_TOKEN in *-three) " + std::string(kAccepts) +
                   "; exit 0;; esac\ncp '" + (home.dir / "fresh") + "' '" + home.paths.credentials +
                   "'\n" + kRejects);
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(home.generation().c_str(), "three");
  assert_string_equal(home.stored().c_str(), "three");
}

void a_login_that_the_probe_found_dead_is_not_called_back(void**) {
  const Home home(kAccepts);
  home.wipe();
  put(home.dir / "wiped", contents(home.paths.credentials));
  home.backed_up("one", -1h);
  home.claude_does("cp '" + (home.dir / "wiped") + "' '" + home.paths.credentials +
                   "'\necho 'OAuth session expired and could not be refreshed'; exit 1");
  const Ran ran = home.sync();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("the login in the store is one that was ended here"));
}

void what_cannot_be_checked_changes_nothing(void**) {
  const Home home(kLimit);
  home.backed_up("one");
  home.write_login("two");
  assert_string_equal(home.sync().words().c_str(), "WARN");
  assert_string_equal(home.generation().c_str(), "two");
  assert_string_equal(home.stored().c_str(), "one");
}

void the_fourth_unchecked_sync_in_a_row_fails(void**) {
  const Home home(kLimit);
  home.backed_up("one");
  for (int i = 0; i < 3; ++i) assert_string_equal(home.sync().words().c_str(), "WARN");
  assert_string_equal(home.sync().words().c_str(), "FAIL");
}

void without_a_client_it_fails(void**) {
  const Home home(kAccepts);
  std::filesystem::remove(home.user.home + "/.local/bin/claude");
  home.backed_up("one");
  const Ran ran = home.sync();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("there is no `claude`"));
}

void a_log_out_is_respected(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.log_out();
  assert_string_equal(home.sync().words().c_str(), "SKIP");
  assert_string_equal(home.generation().c_str(), "none");
}

void a_setup_token_is_tried_and_materialized(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(contents(home.paths.token_env).c_str(),
                      ("CLAUDE_CODE_OAUTH_TOKEN=" + setup_token("year") + "\n").c_str());
  assert_true(home.field("setup_token_stored_at") != "none");
}

void a_setup_token_is_tried_once_a_day(void**) {
  Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  const std::string once = home.calls();
  home.clock.at += 23h;
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_string_equal(home.calls().c_str(), once.c_str());
  home.clock.at += 1h;
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_true(home.calls().size() > once.size());
}

void a_rejected_setup_token_leaves_the_env_file(void**) {
  Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  home.clock.at += 25h;
  home.claude_does("case $CLAUDE_CODE_OAUTH_TOKEN in *year*) " + std::string(kRejects) + ";; *) " +
                   kAccepts + ";; esac");
  const Ran ran = home.sync();
  assert_string_equal(ran.words().c_str(), "WARN FAIL");
  assert_true(ran.logs("rejected by Claude"));
  assert_false(exists(home.paths.token_env));
}

void an_unchecked_setup_token_stays_in_force(void**) {
  Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  home.clock.at += 25h;
  home.claude_does(kLimit);
  assert_string_equal(home.sync().words().c_str(), "WARN OK");
  assert_true(exists(home.paths.token_env));
}

void a_setup_token_that_left_the_store_leaves_the_env_file(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  home.drop_field("setup_token");
  assert_string_equal(home.sync().words().c_str(), "OK");
  assert_false(exists(home.paths.token_env));
}

void a_setup_token_that_could_not_be_taken_away_goes_with_the_next_login(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.token_env, "CLAUDE_CODE_OAUTH_TOKEN=" + setup_token("old") + "\n", 0644);
  home.be_fresh();
  assert_string_equal(home.sync().words().c_str(), "FAIL");
  assert_int_equal(::chmod(home.paths.token_env.c_str(), 0600), 0);
  static_cast<void>(home.login());
  assert_false(exists(home.paths.token_env));
}

void an_outage_never_removes_the_env_file(void**) {
  const Home home(kAccepts);
  home.backed_up("one");
  home.set_field("setup_token", setup_token("year"));
  assert_string_equal(home.sync().words().c_str(), "OK");
  home.garble_store();
  assert_string_equal(home.sync().words().c_str(), "FAIL");
  assert_true(exists(home.paths.token_env));
}

}  // namespace
}  // namespace claude_auth

int main() {
  if (sodium_init() < 0) return 1;
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_who_is_not_enrolled_is_passed_over),
      cmocka_unit_test(a_second_sync_at_once_is_passed_over),
      cmocka_unit_test(a_login_that_works_is_backed_up),
      cmocka_unit_test(a_living_access_token_is_probed_away_from_home),
      cmocka_unit_test(a_login_that_ran_out_is_probed_at_home),
      cmocka_unit_test(a_lost_login_is_restored_and_probed),
      cmocka_unit_test(a_rejected_login_is_replaced_by_the_stores_other_one),
      cmocka_unit_test(a_newer_login_that_claude_can_still_refresh_is_not_replaced),
      cmocka_unit_test(a_rejected_login_that_the_store_has_too_asks_for_a_person),
      cmocka_unit_test(a_rejection_is_not_about_the_login_after_it),
      cmocka_unit_test(a_login_after_a_loss_is_not_rejected),
      cmocka_unit_test(a_login_that_came_during_the_probe_is_never_replaced),
      cmocka_unit_test(a_login_that_the_probe_found_dead_is_not_called_back),
      cmocka_unit_test(what_cannot_be_checked_changes_nothing),
      cmocka_unit_test(the_fourth_unchecked_sync_in_a_row_fails),
      cmocka_unit_test(without_a_client_it_fails),
      cmocka_unit_test(a_log_out_is_respected),
      cmocka_unit_test(a_setup_token_is_tried_and_materialized),
      cmocka_unit_test(a_setup_token_is_tried_once_a_day),
      cmocka_unit_test(a_rejected_setup_token_leaves_the_env_file),
      cmocka_unit_test(an_unchecked_setup_token_stays_in_force),
      cmocka_unit_test(a_setup_token_that_left_the_store_leaves_the_env_file),
      cmocka_unit_test(a_setup_token_that_could_not_be_taken_away_goes_with_the_next_login),
      cmocka_unit_test(an_outage_never_removes_the_env_file),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
