// FileLock of secure_file.h: an flock(2) that can be waited for until a deadline.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "base/secure_file.h"

namespace claude_auth {
namespace {

/// While it lives, SIGALRM interrupts this thread's system calls from the deadline on, and again
/// every 10 ms in case the first one came between two calls. Disposition and mask of SIGALRM are
/// afterwards as before.
class InterruptAt {
 public:
  explicit InterruptAt(Deadline deadline) {
    struct sigaction interrupt{};
    interrupt.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &interrupt, &old_action_);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, &old_mask_);

    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGALRM;
    event._sigev_un._tid = ::gettid();
    armed_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    if (!armed_) return;
    const Millis left = deadline.remaining();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    // Never zero in all, which would disarm it.
    when.it_value.tv_nsec = std::chrono::nanoseconds(left - seconds).count() + 1;
    when.it_interval.tv_nsec = std::chrono::nanoseconds(Millis(10)).count();
    ::timer_settime(timer_, 0, &when, nullptr);
  }
  InterruptAt(const InterruptAt&) = delete;
  InterruptAt& operator=(const InterruptAt&) = delete;
  ~InterruptAt() {
    // The timer goes first, and its last signal is taken on the way out of that call: none can
    // meet the old disposition.
    if (armed_) ::timer_delete(timer_);
    ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
    ::sigaction(SIGALRM, &old_action_, nullptr);
  }

  /// False where there is no timer: a wait might never end.
  [[nodiscard]] bool armed() const { return armed_; }

 private:
  bool armed_ = false;
  timer_t timer_{};
  struct sigaction old_action_{};
  sigset_t old_mask_{};
};

/// flock(2) that is tried again after a signal until `deadline`. errno, or 0 when it is held.
int lock_until(int fd, Deadline deadline) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
  if (errno != EWOULDBLOCK || deadline.passed()) return errno;
  const InterruptAt interrupt(deadline);
  if (!interrupt.armed()) return EWOULDBLOCK;
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return errno;
    if (deadline.passed()) return EWOULDBLOCK;
  }
  return 0;
}

/// Whether `path` still names the file that `fd` is: a lock on a file that was removed or replaced
/// in the meantime locks nobody out.
bool still_named(int fd, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace

std::expected<FileLock, FileError> FileLock::acquire(const std::string& path, Deadline deadline) {
  for (;;) {
    auto fd = open_own_file(path, O_RDWR);
    if (!fd) return std::unexpected(fd.error());
    if (const int error = lock_until(fd->get(), deadline); error != 0) {
      const bool locked = error == EWOULDBLOCK;
      return std::unexpected(
          FileError{locked ? FileErrorKind::locked : FileErrorKind::failed, error, path});
    }
    if (still_named(fd->get(), path)) return FileLock(std::move(*fd));
  }
}

}  // namespace claude_auth
