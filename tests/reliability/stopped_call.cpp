#include "stopped_call.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/unique_fd.h"
#include "process_memory.h"

namespace claude_auth::testing {
namespace {

/// What one waits for where several descriptors are polled: the first of these.
constexpr std::array kWaits{"network", "event", "child", "other program",
                            "pipe",    "input", "signal"};

template <typename Value>
std::vector<Value> read_array(pid_t pid, std::uint64_t address, std::size_t count) {
  const std::string bytes = read_memory(pid, address, count * sizeof(Value));
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

std::string proc(pid_t pid, const std::string& entry) {
  return "/proc/" + std::to_string(pid) + "/" + entry;
}

std::string link_of(pid_t pid, const std::string& entry) {
  std::error_code error;
  return std::filesystem::read_symlink(proc(pid, entry), error).string();
}

/// claude-auth-store's own wake-up calls, between its threads, are of that kind as well.
std::string kind_of_socket(pid_t pid, int fd) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, process_of(pid), 0)));
  const UniqueFd socket(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
  int family = 0;
  socklen_t length = sizeof family;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &length);
  if (family != AF_UNIX) return "network";
  sockaddr_un peer{};
  length = sizeof peer;
  ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &length);
  if (std::string(peer.sun_path) == "/dev/log") return "syslog";
  const bool internal = link_of(pid, "exe").ends_with("claude-auth-store") && fd != STDIN_FILENO;
  return internal ? "network" : "other program";
}

/// Of a descriptor that can be waited for, or the path of a file.
std::string kind_of(pid_t pid, int fd) {
  const std::string link = link_of(pid, "fd/" + std::to_string(fd));
  if (link.starts_with("socket:")) return kind_of_socket(pid, fd);
  if (link == "anon_inode:[pidfd]") return "child";
  if (link == "anon_inode:inotify" || link == "anon_inode:inotify_event") return "event";
  if (link == "anon_inode:[signalfd]") return "signal";
  if (link.starts_with("anon_inode:")) return "pipe";
  if (fd == STDIN_FILENO) return "input";
  if (link.starts_with("pipe:")) return "pipe";
  return link;
}

bool is_blocking(pid_t pid, int fd) {
  std::ifstream info(proc(pid, "fdinfo/" + std::to_string(fd)));
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("flags:"))
      return (std::stoul(line.substr(6), nullptr, 8) & O_NONBLOCK) == 0;
  return true;
}

std::optional<std::string> polled(const StoppedCall& call) {
  std::vector<std::string> kinds;
  for (const pollfd& polled : read_array<pollfd>(call.pid, call.arguments[0], call.arguments[1]))
    if (polled.fd >= 0) kinds.push_back(kind_of(call.pid, polled.fd));
  for (const char* wait : kWaits)
    if (std::ranges::find(kinds, wait) != kinds.end()) return wait;
  return kinds.empty() ? "time" : kinds.front();
}

std::optional<std::string> read_from(const StoppedCall& call) {
  const auto fd = static_cast<int>(call.arguments[0]);
  if (!is_blocking(call.pid, fd)) return std::nullopt;
  const std::string kind = kind_of(call.pid, fd);
  if (std::ranges::find(kWaits, kind) != kWaits.end()) return kind;
  return std::nullopt;
}

std::string joined(pid_t pid, std::uint64_t vectors, std::size_t count) {
  std::string bytes;
  for (const iovec& vector : read_array<iovec>(pid, vectors, count))
    bytes += read_memory(pid, reinterpret_cast<std::uint64_t>(vector.iov_base), vector.iov_len);
  return bytes;
}

std::string target_of(pid_t pid, int fd) {
  const std::string kind = kind_of(pid, fd);
  if (kind == "/dev/null") return kind;
  if (fd == STDOUT_FILENO) return "stdout";
  if (fd == STDERR_FILENO) return "stderr";
  return kind;
}

}  // namespace

pid_t process_of(pid_t thread) {
  std::ifstream status(proc(thread, "status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Tgid:")) return static_cast<pid_t>(std::stol(line.substr(5)));
  return thread;
}

std::optional<std::string> waits_for(const StoppedCall& call) {
  const auto flag = [&](std::size_t argument, std::uint64_t bits) {
    return (call.arguments[argument] & bits) != 0;
  };
  switch (call.number) {
    case SYS_poll:
      if (static_cast<int>(call.arguments[2]) == 0) return std::nullopt;
      return polled(call);
    case SYS_ppoll:
      return polled(call);
    case SYS_read:
      return read_from(call);
    case SYS_recvfrom:
      if (flag(3, MSG_DONTWAIT)) return std::nullopt;
      return read_from(call);
    case SYS_recvmsg:
      if (flag(2, MSG_DONTWAIT)) return std::nullopt;
      return read_from(call);
    case SYS_wait4:
      if (flag(2, WNOHANG)) return std::nullopt;
      return "child";
    case SYS_futex: {
      const int command = static_cast<int>(call.arguments[1]) & FUTEX_CMD_MASK;
      if (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) return std::nullopt;
      return "thread";
    }
    case SYS_flock:
      if (flag(1, LOCK_NB | LOCK_UN)) return std::nullopt;
      return "lock";
    case SYS_fsync:
    case SYS_fdatasync:
      return "disk";
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return "time";
    default:
      return std::nullopt;
  }
}

std::optional<Output> written_by(const StoppedCall& call) {
  const auto to = [&](std::string bytes) {
    return Output{target_of(call.pid, static_cast<int>(call.arguments[0])), std::move(bytes)};
  };
  switch (call.number) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_sendto:
      return to(read_memory(call.pid, call.arguments[1], call.arguments[2]));
    case SYS_writev:
    case SYS_pwritev:
      return to(joined(call.pid, call.arguments[1], call.arguments[2]));
    case SYS_sendmsg: {
      const auto message = read_array<msghdr>(call.pid, call.arguments[1], 1);
      if (message.empty()) return std::nullopt;
      return to(joined(call.pid, reinterpret_cast<std::uint64_t>(message[0].msg_iov),
                       message[0].msg_iovlen));
    }
    default:
      return std::nullopt;
  }
}

}  // namespace claude_auth::testing
