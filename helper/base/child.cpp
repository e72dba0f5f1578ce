#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/become_user.h"
#include "base/secret.h"
#include "base/signals_blocked.h"

namespace claude_auth {
namespace {

// How long a killed process may take to be gone before it is left to init: it is then stuck in the
// kernel, and a deadline holds for us all the same.
constexpr Millis kKilledWithin{2'000};

// From fork to exec. It takes a millisecond, but with `run_as` a user may stop the process there.
constexpr Millis kStartedWithin{10'000};

// How often it is asked whether a deadline still has to be put off.
constexpr Millis kAskAgain{100};

/// All that the child needs between fork and exec, made before: no allocation happens there.
struct Launch {
  const char* path;
  char* const* arguments;
  char* const* environment;
  const char* working_directory;
  std::array<int, 3> standard_fds;
  int error_pipe;
  pid_t parent;
  WhenOrphaned when_orphaned;
  const RunAs* run_as;
};

[[noreturn]] void report_and_exit(int error_pipe) {
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(error_pipe, &error, sizeof error);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// From here on the process is the user's, who may do to it what he likes: typing on our terminal
/// (TIOCSTI) must not be among it.
bool leave_for(const RunAs& user) {
  ::umask(077);
  return ::setsid() >= 0 &&
         become_user(user.uid, user.gid, user.groups.data(), user.groups.size()) ==
             BecomeFailure::none &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
}

[[noreturn]] void become(Launch launch) {
  if (launch.run_as == nullptr) {
    ::setpgid(0, 0);
  } else if (!leave_for(*launch.run_as)) {
    report_and_exit(launch.error_pipe);
  }
  // After a change of user, which clears it.
  if (launch.when_orphaned == WhenOrphaned::terminate) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != launch.parent) ::_exit(127);
  reset_signals();
  // Out of the way of 0 to 2 first, in case the caller's descriptors are among them.
  launch.error_pipe = ::fcntl(launch.error_pipe, F_DUPFD_CLOEXEC, 3);
  for (int& fd : launch.standard_fds) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  for (std::size_t i = 0; i < launch.standard_fds.size(); ++i) {
    if (::dup2(launch.standard_fds[i], static_cast<int>(i)) < 0) report_and_exit(launch.error_pipe);
  }
  if (::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) report_and_exit(launch.error_pipe);
  if (::chdir(launch.working_directory) != 0) report_and_exit(launch.error_pipe);
  ::execve(launch.path, launch.arguments, launch.environment);
  report_and_exit(launch.error_pipe);
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// A pipe that no exec inherits: reading end, writing end.
std::expected<std::array<UniqueFd, 2>, int> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return std::unexpected(errno);
  return std::array<UniqueFd, 2>{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// A SIGCHLD that is ignored (inherited, an exec keeps it) makes the kernel reap behind our back.
void keep_children_waitable() {
  struct sigaction action{};
  if (::sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
    ::signal(SIGCHLD, SIG_DFL);
  }
}

/// waitpid(2) for a child that has ended or been killed: its status, or errno.
std::expected<int, int> reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return std::unexpected(errno);
  }
  return status;
}

bool readable(int fd, Deadline deadline) {
  wipe_stack();
  for (;;) {
    pollfd ended{fd, POLLIN, 0};
    const int count = ::poll(&ended, 1, deadline.poll_timeout());
    if (count >= 0 || errno != EINTR) return count > 0;
  }
}

/// The errno that the child reported, 0 where it got as far as its program.
int reported_error(int error_pipe) {
  if (!readable(error_pipe, Deadline::in(kStartedWithin))) return ETIMEDOUT;
  int error = 0;
  while (::read(error_pipe, &error, sizeof error) < 0 && errno == EINTR) {
  }
  return error;
}

}  // namespace

std::expected<UniqueFd, int> pipe_holding(std::string_view text) {
  auto pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  auto& [reading, writing] = *pipe;
  if (text.size() > PIPE_BUF &&
      ::fcntl(writing.get(), F_SETPIPE_SZ, static_cast<int>(text.size())) < 0) {
    return std::unexpected(errno);
  }
  ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  const ssize_t written = ::write(writing.get(), text.data(), text.size());
  if (written < 0) return std::unexpected(errno);
  if (static_cast<std::size_t>(written) != text.size()) return std::unexpected(EAGAIN);
  return std::move(reading);
}

std::expected<Child, int> Child::start(Command command, int stdout_fd, int stderr_fd) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return std::unexpected(errno);
  auto pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  auto& [error_out, error_in] = *pipe;
  const std::vector<char*> arguments = pointers(command.arguments);
  const std::vector<char*> environment = pointers(command.environment);
  const auto or_null = [&](int fd) { return fd >= 0 ? fd : null.get(); };
  const Launch launch{
      .path = command.path.c_str(),
      .arguments = arguments.data(),
      .environment = environment.data(),
      .working_directory = command.working_directory.c_str(),
      .standard_fds = {or_null(command.standard_input.get()), or_null(stdout_fd),
                       or_null(stderr_fd)},
      .error_pipe = error_in.get(),
      .parent = ::getpid(),
      .when_orphaned = command.when_orphaned,
      .run_as = command.run_as ? &*command.run_as : nullptr,
  };
  keep_children_waitable();
  pid_t pid = -1;
  {
    const SignalsBlocked blocked;
    pid = ::fork();
    if (pid == 0) become(launch);
  }
  if (pid < 0) return std::unexpected(errno);
  // glibc has a wrapper from 2.36 on only, without C linkage for C++ until 2.37.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    [[maybe_unused]] const auto ignored = reap(pid);
    return std::unexpected(error);
  }
  Child child(pid, std::move(pidfd));
  error_in.reset();
  if (const int error = reported_error(error_out.get()); error != 0) return std::unexpected(error);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    stop(Millis::zero());
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Child::~Child() {
  stop(Millis::zero());
}

std::expected<int, int> Child::wait(Deadline deadline) {
  if (pid_ < 0) return std::unexpected(ECHILD);
  if (!readable(pidfd_.get(), deadline)) return std::unexpected(ETIMEDOUT);
  // Before reaping: until then nobody else can get this group's id.
  ::kill(-pid_, SIGKILL);
  return reap(std::exchange(pid_, -1));
}

void Child::terminate() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGTERM);
  // A stopped process hears TERM only when it goes on.
  ::kill(-pid_, SIGCONT);
}

int Child::stop(Millis grace) {
  if (pid_ < 0) return 0;
  terminate();
  std::expected<int, int> status = wait(Deadline::in(grace));
  if (!status && pid_ >= 0) {
    ::kill(-pid_, SIGKILL);
    status = wait(Deadline::in(kKilledWithin));
  }
  pid_ = -1;
  return status.value_or(SIGKILL);
}

namespace {

/// One output stream of a running program and what came out of it.
class Capture {
 public:
  Capture(UniqueFd fd, std::size_t max) : fd_(std::move(fd)), max_(max) {
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }

  /// -1 (poll ignores it) after the end of the stream.
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// Reads once. False where nothing is there at the moment, or ever again.
  bool read_some() {
    std::array<char, 16'384> chunk;
    if (!fd_) return false;
    const ssize_t got = ::read(fd_.get(), chunk.data(), chunk.size());
    if (got < 0) return errno == EINTR;
    if (got == 0) fd_.reset();
    const std::size_t kept = std::min(static_cast<std::size_t>(got), max_ - text_.size());
    text_.append(chunk.data(), kept);
    return got > 0;
  }

  /// Takes what the pipe holds now, and no more: a grandchild may write on for ever.
  void drain() {
    const int size = ::fcntl(fd_.get(), F_GETPIPE_SZ);
    for (int left = size; left > 0 && read_some(); left -= 16'384) {
    }
  }

  std::string take() { return std::move(text_); }

 private:
  UniqueFd fd_;
  std::size_t max_;
  std::string text_;
};

/// Collects output until the child has ended (true) or `deadline` has passed.
bool collect(const Child& child, Capture& out, Capture& err, Deadline deadline) {
  wipe_stack();
  for (;;) {
    std::array<pollfd, 3> events{pollfd{child.pidfd(), POLLIN, 0}, pollfd{out.fd(), POLLIN, 0},
                                 pollfd{err.fd(), POLLIN, 0}};
    const int count = ::poll(events.data(), events.size(), deadline.poll_timeout());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0 && events[0].revents != 0) {
      out.drain();
      err.drain();
      return true;
    }
    if (count > 0 && events[1].revents != 0) out.read_some();
    if (count > 0 && events[2].revents != 0) err.read_some();
    if (deadline.passed()) return false;
  }
}

}  // namespace

std::expected<Finished, int> run(Command command, Deadline deadline, Millis grace,
                                 std::size_t max_output, const NotYet& not_yet) {
  auto out_pipe = make_pipe();
  if (!out_pipe) return std::unexpected(out_pipe.error());
  auto err_pipe = make_pipe();
  if (!err_pipe) return std::unexpected(err_pipe.error());
  auto child = Child::start(std::move(command), (*out_pipe)[1].get(), (*err_pipe)[1].get());
  if (!child) return std::unexpected(child.error());
  (*out_pipe)[1].reset();
  (*err_pipe)[1].reset();
  Capture out(std::move((*out_pipe)[0]), max_output);
  Capture err(std::move((*err_pipe)[0]), max_output);

  Finished finished;
  bool ended = collect(*child, out, err, deadline);
  while (!ended && not_yet()) ended = collect(*child, out, err, Deadline::in(kAskAgain));
  finished.timed_out = !ended;
  if (finished.timed_out) {
    child->terminate();
    collect(*child, out, err, Deadline::in(grace));
  }
  finished.wait_status = child->stop(Millis::zero());
  finished.standard_output = out.take();
  finished.standard_error = err.take();
  return finished;
}

}  // namespace claude_auth
