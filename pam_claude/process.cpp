// clone(2), pidfd_send_signal(2) and waitid(2) on a pidfd.
#include "pam_claude/process.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace claude_auth {

std::expected<Clone, int> clone_process(ExitSignal exit_signal) {
  int pidfd = -1;
  const long flags = CLONE_PIDFD | (exit_signal == ExitSignal::child ? SIGCHLD : 0);
  // Not clone3(2), which the default seccomp profile of Docker refuses.
#ifdef __s390__
  const long pid = ::syscall(SYS_clone, 0L, flags, &pidfd, 0L, 0L);
#else
  const long pid = ::syscall(SYS_clone, flags, 0L, &pidfd, 0L, 0L);
#endif
  if (pid < 0) return std::unexpected(errno);
  if (pid == 0) return Clone{};
  return Clone{static_cast<pid_t>(pid), UniqueFd(pidfd)};
}

void send_signal(int pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

bool wait_for_end(int pidfd, MonoTime until) {
  for (;;) {
    pollfd watched{pidfd, POLLIN, 0};
    if (::poll(&watched, 1, poll_timeout(until)) > 0) return true;
    if (monotonic_now() >= until) return false;
  }
}

std::optional<End> reap(int pidfd) {
  siginfo_t info{};
  // WNOHANG, since the zombie of a traced process is its tracer's until the tracer lets go.
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | __WALL) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  return End{info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace claude_auth
