// helper/jobs/change: in which order a login is replaced, and what a death in between leaves.
#include "jobs/change.h"

#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "claude/client_lock.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "user_home.h"

// The linker gives us this call (--wrap), to let it fail.
extern "C" {
int real_fsync(int fd) __asm__("__real_fsync");
int wrapped_fsync(int fd) __asm__("__wrap_fsync");
}

namespace {
ino_t directory_not_flushed = 0;
}

int wrapped_fsync(int fd) {
  struct stat found{};
  if (::fstat(fd, &found) != 0 || found.st_ino != directory_not_flushed) return real_fsync(fd);
  errno = EIO;
  return -1;
}

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kLogin[] = R"({"accessToken":"TEST-a","refreshToken":"TEST-r","expiresAt":1})";

Json new_login() {
  return std::move(*parse_object(kLogin));
}

std::expected<Replaced, ChangeError> replace(const UserHome& home,
                                             const StillWanted& still_wanted) {
  return replace_login(home.context(), *new_login(), still_wanted, Deadline::in(30s));
}

void what_is_no_longer_wanted_is_not_written(void**) {
  const UserHome home;
  home.write_login("one");
  const auto replaced = replace(home, [](const auto&, const auto&) { return false; });
  assert_true(replaced == Replaced::not_wanted);
  assert_string_equal(home.generation().c_str(), "one");
}

void it_is_decided_by_what_is_there_under_the_locks(void**) {
  const UserHome home;
  home.wipe();
  LocalLogin seen = LocalLogin::lost;
  static_cast<void>(replace(home, [&](const Observation& here, const auto&) {
    seen = here.login;
    return false;
  }));
  assert_true(seen == LocalLogin::wiped);
}

void it_is_decided_under_all_four_locks(void**) {
  const UserHome home;
  const auto claudes = client_lock_directories(home.paths.claude_dir);
  bool all_held = true;
  const auto replaced = replace(home, [&](const auto&, const auto&) {
    for (const std::string& lock : *claudes) all_held = all_held && exists(lock);
    const auto ours = FileLock::acquire(home.paths.change_lock, Deadline::in(0ms));
    all_held = all_held && !ours;
    return true;
  });
  assert_true(replaced == Replaced::replaced);
  assert_true(all_held);
}

void nothing_polite_ends_it_meanwhile(void**) {
  const UserHome home;
  const pid_t child = start_forked([&] {
    ::signal(SIGTERM, SIG_DFL);
    static_cast<void>(
        replace(home, [](const auto&, const auto&) { return ::raise(SIGTERM) == 0; }));
    return true;
  });
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  // It went on to its end: the login is there, and no lock.
  assert_string_equal(contents(home.paths.credentials).c_str(),
                      (R"({"claudeAiOauth":)" + std::string(kLogin) + "}").c_str());
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void a_kill_under_the_locks_leaves_the_file_and_blocks_nobody(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  const pid_t child = start_forked([&] {
    static_cast<void>(
        replace(home, [](const auto&, const auto&) { return ::raise(SIGKILL) == 0; }));
    return true;
  });
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_string_equal(home.generation().c_str(), "wiped");
  assert_true(exists(home.paths.claude_dir + ".lock"));
  assert_string_equal(home.login().words().c_str(), "RECOVERED");
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void the_next_login_removes_the_locks_of_a_killed_one_although_nothing_is_to_do(void**) {
  const UserHome home;
  home.backed_up("one");
  home.be_fresh();
  const pid_t child = start_forked([&] {
    static_cast<void>(
        replace(home, [](const auto&, const auto&) { return ::raise(SIGKILL) == 0; }));
    return true;
  });
  assert_false(succeeded(child));
  assert_string_equal(home.login().words().c_str(), "");
  assert_false(exists(home.paths.claude_dir + ".lock"));
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void what_a_killed_writer_left_is_removed(void**) {
  const UserHome home;
  put(temporary_prefix(home.paths.credentials) + "0123", "half a file");
  static_cast<void>(replace(home, [](const auto&, const auto&) { return true; }));
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void what_a_killed_job_left_in_the_state_directory_is_removed(void**) {
  const UserHome home;
  home.backed_up("one");
  put(temporary_prefix(home.paths.last_status) + "0123", "half");
  put(temporary_prefix(home.paths.client_locks) + "0123", "half");
  clear_after_the_dead(home.context());
  assert_false(has_temporary_files(home.paths.state_dir));
}

void a_malformed_file_is_kept_where_only_the_directory_is_not_flushed(void**) {
  const UserHome home;
  home.write_credentials("malformed");
  struct stat directory{};
  assert_int_equal(::stat(home.paths.claude_dir.c_str(), &directory), 0);
  directory_not_flushed = directory.st_ino;
  const auto replaced = replace(home, [](const auto&, const auto&) { return true; });
  directory_not_flushed = 0;
  assert_false(replaced.has_value());
  assert_int_equal(entries_in(home.paths.claude_dir), 2);
}

void a_replaced_login_is_the_last_one_seen(void**) {
  const UserHome home;
  home.backed_up("one");
  static_cast<void>(replace(home, [](const auto&, const auto&) { return true; }));
  assert_string_equal(home.stamps().generations.last_seen().c_str(),
                      generation_of(*new_login()).hash.c_str());
}

void the_one_restore_of_a_dead_login_is_used_up_before_it_is_written_and_not_by_failing(void**) {
  const UserHome home;
  const std::string hash = generation_of(*new_login()).hash;
  home.write_credentials(R"({"claudeAiOauth":)" + std::string(kLogin) + "}");
  home.change_stamps([&](Stamps& stamps) {
    remember(observe(home.context(), stamps.generations), stamps.generations);
  });
  // Too large to be written again under the limit, while the state file is not.
  home.write_credentials(R"({"claudeAiOauth":{"accessToken":""},"padding":")" +
                         std::string(60'000, 'x') + "\"}");
  assert_true(succeeded(start_forked([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 30'000, .rlim_max = 30'000};
    return ::setrlimit(RLIMIT_FSIZE, &small) == 0 &&
           !replace(home, [](const auto&, const auto&) { return true; });
  })));
  const GenerationHistory history = home.stamps().generations;
  assert_true(history.was_restored_dead(hash, "another file"));
  assert_false(history.was_restored_dead(hash, file_identity(home.paths.credentials)));
}

void a_symlinked_claude_directory_stays_one(void**) {
  const UserHome home;
  std::filesystem::rename(home.paths.claude_dir, home.dir / "dotfiles");
  assert_int_equal(::symlink("dotfiles", home.paths.claude_dir.c_str()), 0);
  static_cast<void>(replace(home, [](const auto&, const auto&) { return true; }));
  assert_true(std::filesystem::is_symlink(home.paths.claude_dir));
  assert_true(exists(home.dir / "dotfiles/.credentials.json"));
}

std::expected<Replaced, ChangeError> remove(const UserHome& home, bool wanted) {
  return remove_login(
      home.context(), [=](const auto&, const auto&) { return wanted; }, Deadline::in(30s));
}

void a_removed_login_takes_nothing_else_with_it(void**) {
  const UserHome home;
  home.write_login("one");
  const Json before = home.credentials();
  assert_true(remove(home, true) == Replaced::replaced);
  const Json after = home.credentials();
  assert_null(json_object_get(after.get(), "claudeAiOauth"));
  assert_true(json_equal(json_object_get(after.get(), "mcpOAuth"),
                         json_object_get(before.get(), "mcpOAuth")));
}

void a_file_that_held_the_removed_login_alone_goes(void**) {
  const UserHome home;
  home.write_credentials(R"({"claudeAiOauth":)" + std::string(kLogin) + "}");
  assert_true(remove(home, true) == Replaced::replaced);
  assert_int_equal(entries_in(home.paths.claude_dir), 0);
}

void a_symlink_outlasts_the_login_that_is_removed(void**) {
  const UserHome home;
  const std::string target = home.dir / "elsewhere";
  put(target, R"({"claudeAiOauth":)" + std::string(kLogin) + "}");
  assert_int_equal(::symlink(target.c_str(), home.paths.credentials.c_str()), 0);
  assert_true(remove(home, true) == Replaced::replaced);
  assert_true(std::filesystem::is_symlink(home.paths.credentials));
  assert_string_equal(contents(target).c_str(), "{}");
}

void what_is_no_longer_to_be_removed_stays(void**) {
  const UserHome home;
  home.write_login("one");
  assert_true(remove(home, false) == Replaced::not_wanted);
  assert_string_equal(home.generation().c_str(), "one");
}

void a_login_is_removed_under_all_four_locks(void**) {
  const UserHome home;
  home.write_login("one");
  const auto claudes = client_lock_directories(home.paths.claude_dir);
  bool all_held = true;
  const auto look = [&](const auto&, const auto&) {
    for (const std::string& lock : *claudes) all_held = all_held && exists(lock);
    const auto ours = FileLock::acquire(home.paths.change_lock, Deadline::in(0ms));
    all_held = all_held && !ours;
    return true;
  };
  assert_true(remove_login(home.context(), look, Deadline::in(30s)) == Replaced::replaced);
  assert_true(all_held);
}

void a_login_is_not_removed_without_claudes_locks(void**) {
  const UserHome home;
  home.write_login("one");
  assert_int_equal(::mkdir((home.paths.claude_dir + ".lock").c_str(), 0700), 0);
  const auto removed = remove_login(
      home.context(), [](const auto&, const auto&) { return true; }, Deadline::in(300ms));
  assert_false(removed.has_value());
  assert_string_equal(home.generation().c_str(), "one");
}

void what_was_rewritten_before_it_was_stamped_is_not_stamped(void**) {
  const UserHome home;
  GenerationHistory history;
  home.write_login("one");
  const Observation before = observe(home.context(), history);
  home.write_login("two");
  remember(observe(home.context(), history), history);
  const GenerationHistory newest = history;
  remember_if_still_here(home.context(), before, history);
  assert_string_equal(history.last_seen().c_str(), newest.last_seen().c_str());
  assert_false(history.is_superseded(newest.last_seen()));
}

void a_wipe_that_was_healed_before_it_was_stamped_kills_nobody(void**) {
  const UserHome home;
  GenerationHistory history;
  home.wipe();
  const Observation before = observe(home.context(), history);
  home.write_login("two");
  remember(observe(home.context(), history), history);
  remember_if_still_here(home.context(), before, history);
  assert_false(history.is_dead(history.last_seen()));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_no_longer_wanted_is_not_written),
      cmocka_unit_test(it_is_decided_by_what_is_there_under_the_locks),
      cmocka_unit_test(it_is_decided_under_all_four_locks),
      cmocka_unit_test(nothing_polite_ends_it_meanwhile),
      cmocka_unit_test(a_kill_under_the_locks_leaves_the_file_and_blocks_nobody),
      cmocka_unit_test(the_next_login_removes_the_locks_of_a_killed_one_although_nothing_is_to_do),
      cmocka_unit_test(what_a_killed_writer_left_is_removed),
      cmocka_unit_test(what_a_killed_job_left_in_the_state_directory_is_removed),
      cmocka_unit_test(a_malformed_file_is_kept_where_only_the_directory_is_not_flushed),
      cmocka_unit_test(a_replaced_login_is_the_last_one_seen),
      cmocka_unit_test(
          the_one_restore_of_a_dead_login_is_used_up_before_it_is_written_and_not_by_failing),
      cmocka_unit_test(a_symlinked_claude_directory_stays_one),
      cmocka_unit_test(a_removed_login_takes_nothing_else_with_it),
      cmocka_unit_test(a_file_that_held_the_removed_login_alone_goes),
      cmocka_unit_test(a_symlink_outlasts_the_login_that_is_removed),
      cmocka_unit_test(what_is_no_longer_to_be_removed_stays),
      cmocka_unit_test(a_login_is_removed_under_all_four_locks),
      cmocka_unit_test(a_login_is_not_removed_without_claudes_locks),
      cmocka_unit_test(what_was_rewritten_before_it_was_stamped_is_not_stamped),
      cmocka_unit_test(a_wipe_that_was_healed_before_it_was_stamped_kills_nobody),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
