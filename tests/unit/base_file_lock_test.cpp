// FileLock of helper/base/secure_file: who waits, for how long, and what a wait leaves behind.
#include <signal.h>
#include <sys/file.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/secure_file.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

Deadline now() {
  return Deadline::in(Millis(0));
}

/// Whether somebody else held it to the end.
bool is_locked(const std::string& path, Deadline deadline) {
  const auto lock = FileLock::acquire(path, deadline);
  return !lock && lock.error().kind == FileErrorKind::locked;
}

void a_free_lock_is_taken_and_its_file_made_private(void**) {
  const TemporaryDirectory dir;
  assert_true(FileLock::acquire(dir / "lock", now()).has_value());
  struct stat found{};
  assert_int_equal(::stat((dir / "lock").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
}

void a_held_lock_is_refused_at_once_without_time(void**) {
  const TemporaryDirectory dir;
  const auto held = FileLock::acquire(dir / "lock", now());
  assert_true(is_locked(dir / "lock", now()));
}

void a_wait_ends_at_its_deadline(void**) {
  const TemporaryDirectory dir;
  const auto held = FileLock::acquire(dir / "lock", now());
  const Deadline deadline = Deadline::in(Millis(30));
  assert_true(is_locked(dir / "lock", deadline));
  assert_true(deadline.passed());
}

void a_wait_gets_the_lock_when_its_holder_dies(void**) {
  const TemporaryDirectory dir;
  int ready[2];
  int leave[2];
  assert_int_equal(::pipe(ready), 0);
  assert_int_equal(::pipe(leave), 0);
  const pid_t holder = start_forked([&] {
    ::close(leave[1]);
    const auto held = FileLock::acquire(dir / "lock", now());
    char byte = 0;
    return held && ::write(ready[1], "x", 1) == 1 && ::read(leave[0], &byte, 1) == 0;
  });
  char byte = 0;
  assert_int_equal(::read(ready[0], &byte, 1), 1);
  assert_true(is_locked(dir / "lock", now()));
  const pid_t waiter = start_forked([&] {
    ::close(leave[1]);
    return !is_locked(dir / "lock", Deadline::in(Millis(20'000)));
  });
  ::close(leave[0]);
  ::close(leave[1]);
  assert_true(succeeded(waiter));
  assert_true(succeeded(holder));
  for (const int fd : {ready[0], ready[1]}) ::close(fd);
}

void a_lock_is_free_again_after_its_owner(void**) {
  const TemporaryDirectory dir;
  {
    const auto held = FileLock::acquire(dir / "lock", now());
  }
  assert_false(is_locked(dir / "lock", now()));
}

void a_wait_leaves_sigalrm_as_it_was(void**) {
  const TemporaryDirectory dir;
  const auto held = FileLock::acquire(dir / "lock", now());
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::sigaction(SIGALRM, &ignore, nullptr);
  ::sigprocmask(SIG_BLOCK, &alarm, nullptr);

  assert_true(is_locked(dir / "lock", Deadline::in(Millis(5))));

  struct sigaction action{};
  sigset_t mask;
  ::sigaction(SIGALRM, nullptr, &action);
  ::sigprocmask(SIG_UNBLOCK, &alarm, &mask);
  ::signal(SIGALRM, SIG_DFL);
  assert_true(action.sa_handler == SIG_IGN);
  assert_int_equal(::sigismember(&mask, SIGALRM), 1);
}

void a_lock_on_a_removed_file_is_not_enough(void**) {
  const TemporaryDirectory dir;
  const auto stale = FileLock::acquire(dir / "lock", now());
  assert_int_equal(::unlink((dir / "lock").c_str()), 0);
  const auto fresh = FileLock::acquire(dir / "lock", now());
  assert_true(fresh.has_value());
  assert_true(is_locked(dir / "lock", now()));
}

void a_symlink_is_no_lock(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink("elsewhere", (dir / "lock").c_str()), 0);
  assert_true(FileLock::acquire(dir / "lock", now()).error().kind == FileErrorKind::symlink);
}

void a_fifo_is_no_lock(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "lock").c_str(), 0600), 0);
  assert_true(FileLock::acquire(dir / "lock", now()).error().kind == FileErrorKind::not_regular);
}

void a_directory_is_no_lock(void**) {
  const TemporaryDirectory dir;
  assert_true(FileLock::acquire(dir.path(), now()).error().kind == FileErrorKind::not_regular);
}

void a_lock_without_its_directory_is_absent(void**) {
  const TemporaryDirectory dir;
  assert_true(FileLock::acquire(dir / "d/lock", now()).error().kind == FileErrorKind::absent);
}

void no_exec_inherits_a_lock(void**) {
  const TemporaryDirectory dir;
  const auto fd = open_own_file(dir / "lock", O_RDWR);
  assert_int_not_equal(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_free_lock_is_taken_and_its_file_made_private),
      cmocka_unit_test(a_held_lock_is_refused_at_once_without_time),
      cmocka_unit_test(a_wait_ends_at_its_deadline),
      cmocka_unit_test(a_wait_gets_the_lock_when_its_holder_dies),
      cmocka_unit_test(a_lock_is_free_again_after_its_owner),
      cmocka_unit_test(a_wait_leaves_sigalrm_as_it_was),
      cmocka_unit_test(a_lock_on_a_removed_file_is_not_enough),
      cmocka_unit_test(a_symlink_is_no_lock),
      cmocka_unit_test(a_fifo_is_no_lock),
      cmocka_unit_test(a_directory_is_no_lock),
      cmocka_unit_test(a_lock_without_its_directory_is_absent),
      cmocka_unit_test(no_exec_inherits_a_lock),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
