// last-status.json: what a user's jobs last came to, and what counts as a success.
#include "jobs/last_status.h"

#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <vector>

#include "cmocka_cpp.h"
#include "forked.h"
#include "jobs/backup.h"
#include "jobs/pause.h"
#include "jobs/restore.h"
#include "jobs/sync.h"
#include "table.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

const Instant kThen{1'800'000'000s};

/// A state directory of its own.
struct Kept {
  Kept() {
    paths = *paths_for({.uid = 0, .name = "made-up", .home = dir.path()}, no_environment());
  }

  void keep(const JobEnd& end) const {
    std::filesystem::create_directories(paths.state_dir);
    keep_status(paths, end);
  }
  [[nodiscard]] LastStatus load() const { return load_last_status(paths); }

  TemporaryDirectory dir;
  Paths paths;
};

void nothing_is_known_before_the_first_end(void**) {
  const LastStatus last = Kept().load();
  assert_false(last.line.has_value());
  assert_false(last.last_success_at.has_value());
  assert_int_equal(last.heals + last.restores, 0);
}

void the_last_end_is_kept(void**) {
  const Kept kept;
  kept.keep({.job = Job::sync, .status = Status::ok, .reason = "all is well", .at = kThen});
  kept.keep({.job = Job::login, .status = Status::fail, .reason = "nothing is", .at = kThen + 1h});
  const LastStatus last = kept.load();
  assert_string_equal(last.line->word.c_str(), "FAIL");
  assert_string_equal(last.line->reason.c_str(), "nothing is");
  assert_true(last.line->at == kThen + 1h);
  assert_true(last.last_success_at == kThen);
}

struct End {
  Job job;
  Status status;
};

void what_counts_as_a_success(void**) {
  const Row<End, bool> rows[] = {
      {"sync is well", {Job::sync, Status::ok}, true},
      {"sync recovered", {Job::sync, Status::recovered}, true},
      {"backup is well", {Job::backup, Status::ok}, true},
      {"watch recovered", {Job::watch, Status::recovered}, true},
      {"sync could not check", {Job::sync, Status::warn}, false},
      {"sync had nothing to do", {Job::sync, Status::skip}, false},
      {"sync failed", {Job::sync, Status::fail}, false},
      {"a login is no check", {Job::login, Status::recovered}, false},
      {"nor is a restore", {Job::restore, Status::recovered}, false},
      {"nor is anything else", {Job::other, Status::ok}, false},
  };
  every_row_holds(rows, [](const End& end) {
    const Kept kept;
    kept.keep({.job = end.job, .status = end.status, .reason = "x", .at = kThen});
    return kept.load().last_success_at.has_value();
  });
}

void what_a_machine_mends_by_itself_is_a_heal(void**) {
  const Kept kept;
  kept.keep({.job = Job::watch, .status = Status::recovered, .reason = "x", .at = kThen});
  kept.keep({.job = Job::sync, .status = Status::recovered, .reason = "x", .at = kThen});
  assert_int_equal(kept.load().heals, 2);
  assert_int_equal(kept.load().restores, 0);
}

void what_comes_back_at_a_login_or_by_hand_is_a_restore(void**) {
  const Kept kept;
  kept.keep({.job = Job::login, .status = Status::recovered, .reason = "x", .at = kThen});
  kept.keep({.job = Job::restore, .status = Status::recovered, .reason = "x", .at = kThen});
  assert_int_equal(kept.load().heals, 0);
  assert_int_equal(kept.load().restores, 2);
}

void a_recovery_before_a_failure_counts_and_is_no_success(void**) {
  const Kept kept;
  kept.keep({.job = Job::sync,
             .status = Status::fail,
             .reason = "x",
             .at = kThen,
             .recoveries_before = 1});
  assert_int_equal(kept.load().heals, 1);
  assert_false(kept.load().last_success_at.has_value());
}

void no_count_is_lost_among_many(void**) {
  const Kept kept;
  std::filesystem::create_directories(kept.paths.state_dir);
  std::vector<pid_t> jobs;
  jobs.reserve(20);
  for (int i = 0; i < 20; ++i)
    jobs.push_back(start_forked([&] {
      keep_status(kept.paths,
                  {.job = Job::watch, .status = Status::recovered, .reason = "x", .at = kThen});
      return true;
    }));
  for (const pid_t job : jobs) assert_true(succeeded(job));
  assert_int_equal(kept.load().heals, 20);
}

void a_garbled_file_is_begun_anew(void**) {
  const Kept kept;
  kept.keep({.reason = "x", .at = kThen});
  put(kept.paths.last_status, "garbled");
  assert_false(kept.load().line.has_value());
  kept.keep({.job = Job::sync, .status = Status::ok, .reason = "again", .at = kThen});
  assert_string_equal(kept.load().line->reason.c_str(), "again");
}

void a_count_that_could_not_be_added_to_is_begun_anew(void**) {
  const Kept kept;
  kept.keep({.job = Job::sync, .status = Status::ok, .reason = "all is well", .at = kThen});
  put(kept.paths.last_status, R"({"heals":9223372036854775807,"restores":-1})");
  assert_int_equal(kept.load().heals, 0);
  assert_int_equal(kept.load().restores, 0);
}

void a_symlink_in_its_place_is_replaced(void**) {
  const Kept kept;
  kept.keep({.reason = "x", .at = kThen});
  put(kept.dir / "precious", "precious");
  std::filesystem::remove(kept.paths.last_status);
  std::filesystem::create_symlink(kept.dir / "precious", kept.paths.last_status);
  kept.keep({.reason = "again", .at = kThen});
  assert_string_equal(kept.load().line->reason.c_str(), "again");
  assert_string_equal(contents(kept.dir / "precious").c_str(), "precious");
}

void a_fifo_in_the_lock_s_place_costs_no_line(void**) {
  const Kept kept;
  std::filesystem::create_directories(kept.paths.state_dir);
  assert_int_equal(::mkfifo(kept.paths.change_lock.c_str(), 0600), 0);
  kept.keep({.status = Status::fail, .reason = "x", .at = kThen});
  assert_string_equal(kept.load().line->word.c_str(), "FAIL");
}

void a_job_that_cannot_keep_it_ends_as_ever(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.last_status);
  const Ran ran = home.run(pause);
  assert_string_equal(ran.words().c_str(), "OK");
  assert_int_equal(ran.exit_status, 0);
}

void a_login_with_nothing_to_do_writes_nothing(void**) {
  const UserHome home;
  home.backed_up("one");
  home.be_fresh();
  const std::string before = contents(home.paths.last_status);
  const auto written = std::filesystem::last_write_time(home.paths.last_status);
  static_cast<void>(home.login());
  assert_string_equal(contents(home.paths.last_status).c_str(), before.c_str());
  assert_true(std::filesystem::last_write_time(home.paths.last_status) == written);
}

void a_backup_is_a_success(void**) {
  const UserHome home;
  home.backed_up("one");
  assert_true(load_last_status(home.paths).last_success_at == home.clock.at);
}

void a_login_that_restores_counts(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  static_cast<void>(home.login());
  assert_int_equal(load_last_status(home.paths).restores, 1);
}

void a_restore_by_hand_counts(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  static_cast<void>(home.run([](Context& context) { return restore(context, ""); }));
  assert_int_equal(load_last_status(home.paths).restores, 1);
}

void a_sync_that_heals_counts(void**) {
  UserHome home;
  std::filesystem::create_directories(home.user.home + "/.local/bin");
  put(home.user.home + "/.local/bin/claude", "#!/bin/sh\necho AUTH_OK\n", 0755);
  home.environment = {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", home.dir.path()}};
  home.backed_up("one");
  home.lose();
  assert_string_equal(home.run(sync).words().c_str(), "RECOVERED");
  assert_int_equal(load_last_status(home.paths).heals, 1);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_known_before_the_first_end),
      cmocka_unit_test(the_last_end_is_kept),
      cmocka_unit_test(what_counts_as_a_success),
      cmocka_unit_test(what_a_machine_mends_by_itself_is_a_heal),
      cmocka_unit_test(what_comes_back_at_a_login_or_by_hand_is_a_restore),
      cmocka_unit_test(a_recovery_before_a_failure_counts_and_is_no_success),
      cmocka_unit_test(no_count_is_lost_among_many),
      cmocka_unit_test(a_garbled_file_is_begun_anew),
      cmocka_unit_test(a_count_that_could_not_be_added_to_is_begun_anew),
      cmocka_unit_test(a_symlink_in_its_place_is_replaced),
      cmocka_unit_test(a_fifo_in_the_lock_s_place_costs_no_line),
      cmocka_unit_test(a_job_that_cannot_keep_it_ends_as_ever),
      cmocka_unit_test(a_login_with_nothing_to_do_writes_nothing),
      cmocka_unit_test(a_backup_is_a_success),
      cmocka_unit_test(a_login_that_restores_counts),
      cmocka_unit_test(a_restore_by_hand_counts),
      cmocka_unit_test(a_sync_that_heals_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
