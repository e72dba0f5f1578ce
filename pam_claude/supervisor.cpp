// Runs in a clone of the host, which may have had other threads: async-signal-safe calls only.
#include "pam_claude/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "pam_claude/process.h"

namespace claude_auth {
namespace {

constexpr int kControl = STDERR_FILENO + 1;
constexpr int kFirstFree = kControl + 1;

void report(int control, Step step, int value) {
  const Report message{step, value};
  ::send(control, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// Not _exit(2): a sanitizer's runtime waits in it for threads that were not cloned.
[[noreturn]] void leave(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

[[noreturn]] void give_up(int control, Step step, int error) {
  report(control, step, error);
  leave(EXIT_FAILURE);
}

/// Handlers and ignored signals are the host's: none of them may run or last here.
void reset_dispositions() {
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);
}

/// A copy out of the way of the standard descriptors: a host that has none of its own hands us ours
/// in their place.
int lifted(int fd) {
  return ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFree);
}

/// Leaves /dev/null, `output`, /dev/null and `control` at 0 to 3, and nothing else open.
bool arrange_descriptors(int output, int control) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (null < 0) return false;
  const int high_null = lifted(null);
  return high_null >= 0 && ::dup2(high_null, STDIN_FILENO) >= 0 &&
         ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(high_null, STDERR_FILENO) >= 0 &&
         ::dup3(control, kControl, O_CLOEXEC) >= 0 && ::close_range(kFirstFree, UINT_MAX, 0) == 0;
}

bool enter_session() {
  const rlimit no_core{0, 0};
  ::umask(077);
  return ::setsid() >= 0 && ::chdir("/") == 0 && ::setrlimit(RLIMIT_CORE, &no_core) == 0;
}

Step step_of(Identity::Failure failure) {
  switch (failure) {
    case Identity::Failure::groups:
      return Step::groups;
    case Identity::Failure::gid:
      return Step::gid;
    case Identity::Failure::uid:
      return Step::uid;
    case Identity::Failure::none:
    case Identity::Failure::root_not_dropped:
      break;
  }
  return Step::root_not_dropped;
}

/// From the fork to the exec. Returns the step that failed; errno says why.
Step become_helper(const Assignment& assignment, pid_t supervisor) {
  if (!enter_session()) return Step::session;
  const Identity::Failure failure = assignment.identity.assume();
  if (failure != Identity::Failure::none) return step_of(failure);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0) return Step::no_new_privileges;
  // After the change of user, which clears it.
  ::prctl(PR_SET_PDEATHSIG, static_cast<long>(SIGKILL), 0L, 0L, 0L);
  if (::getppid() != supervisor) leave(EXIT_FAILURE);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const Invocation& invocation = assignment.invocation;
  ::execve(invocation.path(), invocation.arguments(), invocation.environment());
  return Step::exec;
}

/// The helper alone and its whole group, since it may not have made its session yet.
void signal_all(const Clone& helper, int signal) {
  send_signal(helper.pidfd.get(), signal);
  if (helper.pid > 0) ::kill(-helper.pid, signal);
}

/// True once the helper has ended by itself, false when it is to be stopped.
bool wait_for_helper(int pidfd, MonoTime last) {
  while (monotonic_now() < last) {
    pollfd watched[] = {{pidfd, POLLIN, 0}, {kControl, POLLIN | POLLRDHUP, 0}};
    if (::poll(watched, 2, poll_timeout(last)) < 0) continue;
    if (watched[0].revents != 0) return true;
    if (watched[1].revents != 0) return false;
  }
  return false;
}

/// Returns once nothing of the helper's group runs, or could be made to end.
void finish(const Clone& helper, MonoTime last) {
  const int pidfd = helper.pidfd.get();
  if (!wait_for_helper(pidfd, last)) {
    signal_all(helper, SIGTERM);
    (void)wait_for_end(pidfd, monotonic_now() + kTermGrace);
  }
  // Not yet reaped, the helper still holds its number: the group cannot be a stranger's.
  signal_all(helper, SIGKILL);
  (void)wait_for_end(pidfd, monotonic_now() + kKillGrace);
}

void report_end(int pidfd) {
  const auto end = reap(pidfd);
  if (!end) return report(kControl, Step::lost, 0);
  report(kControl, end->killed ? Step::killed : Step::exited, end->value);
}

}  // namespace

const char* sentence(Step step) {
  switch (step) {
    case Step::descriptors:
      return "cannot set up its descriptors";
    case Step::fork:
      return "cannot fork";
    case Step::session:
      return "cannot start a session";
    case Step::groups:
      return "cannot set the user's groups";
    case Step::gid:
      return "cannot become the user's group";
    case Step::uid:
      return "cannot become the user";
    case Step::root_not_dropped:
      return "root could be regained";
    case Step::no_new_privileges:
      return "cannot give up new privileges";
    case Step::exec:
      return "cannot be executed";
    case Step::exited:
    case Step::killed:
    case Step::lost:
      break;
  }
  return "ended";
}

void supervise(const Assignment& assignment) {
  reset_dispositions();
  const int output = lifted(assignment.output);
  const int control = lifted(assignment.control);
  if (output < 0 || control < 0) give_up(assignment.control, Step::descriptors, errno);
  if (!arrange_descriptors(output, control)) give_up(control, Step::descriptors, errno);
  const pid_t self = ::getpid();
  const auto helper = clone_process(ExitSignal::child);
  if (!helper) give_up(kControl, Step::fork, helper.error());
  if (helper->pid == 0) {
    const Step failed = become_helper(assignment, self);
    give_up(kControl, failed, errno);
  }
  finish(*helper, assignment.last);
  report_end(helper->pidfd.get());
  leave(EXIT_SUCCESS);
}

}  // namespace claude_auth
