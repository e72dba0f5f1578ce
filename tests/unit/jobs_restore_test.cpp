// `restore` and `pause`: what a person asks for.
#include "jobs/restore.h"

#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "cmocka_cpp.h"
#include "forked.h"
#include "jobs/pause.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

Ran run_restore(const UserHome& home, const std::string& from_host = {}) {
  return home.run([&](Context& context) { return restore(context, from_host); });
}

void a_log_out_ends_by_a_restore(void**) {
  const UserHome home;
  home.backed_up("one");
  home.log_out();
  const Ran ran = run_restore(home);
  assert_string_equal(ran.words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
  assert_int_equal(ran.exit_status, 0);
}

void a_restore_keeps_mcp_oauth(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials(R"({"mcpOAuth":{"kept":1}})");
  static_cast<void>(run_restore(home));
  const Json file = home.credentials();
  assert_string_equal(dump(json_object_get(file.get(), "mcpOAuth")).c_str(), R"({"kept":1})");
}

void another_hosts_login_stays_away(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  home.lose();
  const Ran ran = run_restore(home);
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("--from-host this-host"));
  assert_string_equal(home.generation().c_str(), "none");
}

void another_hosts_login_comes_from_the_named_host(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  home.lose();
  assert_string_equal(run_restore(home, "third-host").words().c_str(), "FAIL");
  assert_string_equal(run_restore(home, "this-host").words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
}

void a_stale_copy_is_replaced(void**) {
  const UserHome home;
  home.backed_up("one");
  home.backed_up("two");
  home.write_login("one");
  assert_string_equal(run_restore(home).words().c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "two");
}

void the_same_login_is_left(void**) {
  const UserHome home;
  home.backed_up("one");
  assert_string_equal(run_restore(home).words().c_str(), "SKIP");
}

void a_living_login_is_left(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_login("two");
  assert_string_equal(run_restore(home).words().c_str(), "SKIP");
  assert_string_equal(home.generation().c_str(), "two");
}

void a_setup_token_in_force_keeps_the_login_away(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  home.set_field("setup_token", setup_token("new"));
  assert_string_equal(run_restore(home).words().c_str(), "SKIP");
  assert_string_equal(home.generation().c_str(), "none");
}

void an_empty_store_is_a_failure_that_names_the_way_out(void**) {
  const UserHome home;
  home.make_store_empty();
  const Ran ran = run_restore(home);
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs(home.config.login_command));
  assert_int_equal(ran.exit_status, 1);
}

void an_outage_is_a_failure_that_changes_nothing(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials("garbled");
  home.garble_store();
  assert_string_equal(run_restore(home).words().c_str(), "FAIL");
  assert_string_equal(contents(home.paths.credentials).c_str(), "garbled");
}

void a_fifo_as_credentials_is_left_and_named(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_int_equal(::mkfifo(home.paths.credentials.c_str(), 0600), 0);
  const Ran ran = run_restore(home);
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs(home.paths.credentials));
}

void a_wipe_that_a_restore_sees_first_ends_the_generation(void**) {
  const UserHome home;
  home.backed_up("one", 5min);
  home.wipe();
  const Ran ran = run_restore(home);
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("ended here"));
  assert_true(ran.logs(home.config.login_command));
}

void a_dead_generation_comes_back_once(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  assert_string_equal(run_restore(home).words().c_str(), "RECOVERED");
  home.wipe();
  assert_string_equal(run_restore(home).words().c_str(), "FAIL");
}

void a_disk_that_is_full_leaves_everything_as_it_was(void**) {
  const UserHome home;
  home.make_store_empty();
  // What is to be written is larger than all that is written before it.
  home.set_field("claude_ai_oauth_json",
                 R"({"accessToken":"TEST-a","refreshToken":"TEST-r","expiresAt":4e12,"padding":")" +
                     std::string(60'000, 'x') + "\"}");
  home.write_credentials("garbled");
  assert_true(succeeded(start_forked([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 30'000, .rlim_max = 30'000};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return false;
    return run_restore(home).words() == "FAIL";
  })));
  assert_string_equal(contents(home.paths.credentials).c_str(), "garbled");
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void pause_ends_by_resume(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_string_equal(home.run(pause).words().c_str(), "OK");
  assert_true(is_paused(home.paths));
  assert_string_equal(home.run(resume).words().c_str(), "OK");
  assert_false(is_paused(home.paths));
}

void pausing_twice_and_resuming_twice_is_fine(void**) {
  const UserHome home;
  static_cast<void>(home.run(pause));
  assert_string_equal(home.run(pause).words().c_str(), "OK");
  static_cast<void>(home.run(resume));
  assert_string_equal(home.run(resume).words().c_str(), "OK");
}

void pause_survives_whatever_is_in_its_place(void**) {
  const UserHome home;
  static_cast<void>(home.run(pause));
  ::unlink(home.paths.paused.c_str());
  assert_int_equal(::symlink("none", home.paths.paused.c_str()), 0);
  assert_true(is_paused(home.paths));
}

void a_paused_user_gets_no_restore(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  static_cast<void>(home.run(pause));
  assert_string_equal(run_restore(home).words().c_str(), "SKIP");
  assert_string_equal(home.generation().c_str(), "none");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_log_out_ends_by_a_restore),
      cmocka_unit_test(a_restore_keeps_mcp_oauth),
      cmocka_unit_test(another_hosts_login_stays_away),
      cmocka_unit_test(another_hosts_login_comes_from_the_named_host),
      cmocka_unit_test(a_stale_copy_is_replaced),
      cmocka_unit_test(the_same_login_is_left),
      cmocka_unit_test(a_living_login_is_left),
      cmocka_unit_test(a_setup_token_in_force_keeps_the_login_away),
      cmocka_unit_test(an_empty_store_is_a_failure_that_names_the_way_out),
      cmocka_unit_test(an_outage_is_a_failure_that_changes_nothing),
      cmocka_unit_test(a_fifo_as_credentials_is_left_and_named),
      cmocka_unit_test(a_wipe_that_a_restore_sees_first_ends_the_generation),
      cmocka_unit_test(a_dead_generation_comes_back_once),
      cmocka_unit_test(a_disk_that_is_full_leaves_everything_as_it_was),
      cmocka_unit_test(pause_ends_by_resume),
      cmocka_unit_test(pausing_twice_and_resuming_twice_is_fine),
      cmocka_unit_test(pause_survives_whatever_is_in_its_place),
      cmocka_unit_test(a_paused_user_gets_no_restore),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
