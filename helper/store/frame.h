// Length-prefixed frames over a stream socket, with a cap and a deadline on either side.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace claude_auth {

/// Twice the largest answer that is taken from a server, since JSON may grow when written anew.
inline constexpr std::size_t kMaxFrame = std::size_t{4} << 20;

enum class FrameError {
  closed,     ///< the other side is gone
  timed_out,  ///< the deadline passed; the stream is of no more use
  oversized,  ///< longer than `kMaxFrame`, or empty
};

/// Sends the length of `text` (four bytes, big endian) and `text`. Nothing is sent where it is
/// oversized. Never raises SIGPIPE.
[[nodiscard]] std::expected<void, FrameError> send_frame(int socket, std::string_view text,
                                                         Deadline deadline);

/// Receives one frame. After an error the stream is of no more use.
[[nodiscard]] std::expected<std::string, FrameError> receive_frame(int socket, Deadline deadline);

}  // namespace claude_auth
