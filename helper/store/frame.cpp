#include "store/frame.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

#include "base/secret.h"

namespace claude_auth {
namespace {

constexpr std::size_t kPrefix = 4;

std::expected<void, FrameError> wait_for(int socket, short events, Deadline deadline) {
  wipe_stack();
  pollfd waiting{socket, events, 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, deadline.poll_timeout());
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return std::unexpected(FrameError::closed);
    if (deadline.passed()) return std::unexpected(FrameError::timed_out);
  }
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

std::expected<void, FrameError> send_all(int socket, std::span<const char> bytes,
                                         Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (!would_block()) {
      return std::unexpected(FrameError::closed);
    } else if (auto ready = wait_for(socket, POLLOUT, deadline); !ready) {
      return ready;
    }
  }
  return {};
}

std::expected<void, FrameError> receive_all(int socket, std::span<char> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t received = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (received > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(received));
    } else if (received == 0 || !would_block()) {
      return std::unexpected(FrameError::closed);
    } else if (auto ready = wait_for(socket, POLLIN, deadline); !ready) {
      return ready;
    }
  }
  return {};
}

}  // namespace

std::expected<void, FrameError> send_frame(int socket, std::string_view text, Deadline deadline) {
  if (text.empty() || text.size() > kMaxFrame) return std::unexpected(FrameError::oversized);
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::array<char, kPrefix> prefix{
      static_cast<char>(length >> 24U), static_cast<char>((length >> 16U) & 0xFFU),
      static_cast<char>((length >> 8U) & 0xFFU), static_cast<char>(length & 0xFFU)};
  if (auto sent = send_all(socket, prefix, deadline); !sent) return sent;
  return send_all(socket, text, deadline);
}

std::expected<std::string, FrameError> receive_frame(int socket, Deadline deadline) {
  std::array<char, kPrefix> prefix{};
  if (auto got = receive_all(socket, prefix, deadline); !got) return std::unexpected(got.error());
  std::uint32_t length = 0;
  for (const char byte : prefix) length = length << 8U | static_cast<unsigned char>(byte);
  if (length == 0 || length > kMaxFrame) return std::unexpected(FrameError::oversized);
  std::string text(length, '\0');
  if (auto got = receive_all(socket, text, deadline); !got) return std::unexpected(got.error());
  return text;
}

}  // namespace claude_auth
