// The host's side of the supervision.
#include "pam_claude/run_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/signals_blocked.h"
#include "base/unique_fd.h"
#include "pam_claude/monotonic.h"
#include "pam_claude/process.h"
#include "pam_claude/supervisor.h"

namespace claude_auth {
namespace {

/// The supervisor's own time to report and exit, on top of the graces.
constexpr MonoTime kSupervisorGrace = std::chrono::milliseconds(100);

/// How long after the last deadline a supervisor acts on its own, should the host be stopped.
constexpr MonoTime kBackstop = std::chrono::seconds(1);

/// Both ways to the supervisor's processes, each with the end that they get.
struct Channels {
  UniqueFd output;
  UniqueFd control;
  UniqueFd helper_output;
  UniqueFd supervisor_control;
};

std::expected<Channels, int> open_channels() {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::unexpected(errno);
  Channels channels{UniqueFd(pipe[0]), UniqueFd(), UniqueFd(pipe[1]), UniqueFd()};
  if (::fcntl(pipe[0], F_SETFL, O_NONBLOCK) != 0) return std::unexpected(errno);
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return std::unexpected(errno);
  }
  channels.control.reset(sockets[0]);
  channels.supervisor_control.reset(sockets[1]);
  return channels;
}

std::expected<Clone, int> start_supervisor(const Assignment& assignment) {
  const SignalsBlocked blocked;
  auto supervisor = clone_process(ExitSignal::none);
  if (supervisor && supervisor->pid == 0) supervise(assignment);
  return supervisor;
}

/// Reads once. False when nothing more is there now; closes `output` at its end, or when the
/// conversation is over, so that a helper which keeps talking is stopped by SIGPIPE.
bool listen(UniqueFd& output, LoginReply& reply) {
  std::array<char, 512> bytes{};
  const ssize_t got = ::read(output.get(), bytes.data(), bytes.size());
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN) return false;
  const bool more = got > 0 && reply.take({bytes.data(), static_cast<std::size_t>(got)});
  ::explicit_bzero(bytes.data(), bytes.size());
  if (!more) output.reset();
  return more;
}

/// True when the supervisor has ended, false when the deadline has passed first.
bool converse(UniqueFd& output, int supervisor, const Patience& patience, MonoTime start,
              LoginReply& reply) {
  for (;;) {
    const MonoTime until = start + (reply.wants_longer() ? patience.total : patience.first);
    pollfd watched[] = {{supervisor, POLLIN, 0}, {output.get(), POLLIN, 0}};
    const int ready = ::poll(watched, 2, poll_timeout(until));
    if (ready > 0 && watched[0].revents != 0) {
      while (output && listen(output, reply)) {
      }
      return true;
    }
    if (ready > 0 && watched[1].revents != 0) listen(output, reply);
    if (monotonic_now() >= until) return false;
  }
}

/// Has the helper stopped and the supervisor reaped. Never waits longer than the graces.
void dismiss(int control, int supervisor) {
  ::shutdown(control, SHUT_WR);
  const MonoTime graces = kTermGrace + kKillGrace + kSupervisorGrace;
  if (!wait_for_end(supervisor, monotonic_now() + graces)) {
    send_signal(supervisor, SIGKILL);
    (void)wait_for_end(supervisor, monotonic_now() + kSupervisorGrace);
  }
  (void)reap(supervisor);
}

std::optional<Report> read_report(int control) {
  Report report{};
  const ssize_t got = ::recv(control, &report, sizeof report, MSG_DONTWAIT);
  if (got != static_cast<ssize_t>(sizeof report)) return std::nullopt;
  return report;
}

std::expected<Ending, StartFailure> ending_of(const std::optional<Report>& report, bool in_time) {
  if (report && report->step <= Step::exec) {
    return std::unexpected(StartFailure{sentence(report->step), report->value});
  }
  if (!in_time) return Ending{Ending::How::deadline};
  if (report && report->step == Step::exited) return Ending{Ending::How::exited, report->value};
  if (report && report->step == Step::killed) return Ending{Ending::How::killed, report->value};
  return Ending{Ending::How::lost};
}

}  // namespace

std::expected<Ending, StartFailure> run_helper(const Identity& identity,
                                               const Invocation& invocation,
                                               const Patience& patience, LoginReply& reply) {
  const MonoTime start = monotonic_now();
  auto channels = open_channels();
  if (!channels) return std::unexpected(StartFailure{"cannot open its pipe", channels.error()});
  const Assignment assignment{identity, invocation, channels->helper_output.get(),
                              channels->supervisor_control.get(),
                              start + patience.total + kBackstop};
  const auto supervisor = start_supervisor(assignment);
  if (!supervisor) return std::unexpected(StartFailure{sentence(Step::fork), supervisor.error()});
  channels->helper_output.reset();
  channels->supervisor_control.reset();
  const int pidfd = supervisor->pidfd.get();
  const bool in_time = converse(channels->output, pidfd, patience, start, reply);
  dismiss(channels->control.get(), pidfd);
  return ending_of(read_report(channels->control.get()), in_time);
}

}  // namespace claude_auth
