// What a failed system call leaves behind, as a value.
#pragma once

#include <string>
#include <string_view>

namespace claude_auth {

/// errno's text, e.g. "Permission denied".
[[nodiscard]] std::string errno_text(int error);

/// `text` fit for one log line or a terminal: bytes outside printable ASCII become '?', and it is
/// cut to `max_length` bytes. For everything that somebody else wrote.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_length = 200);

}  // namespace claude_auth
