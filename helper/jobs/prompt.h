// Reading a secret from a person, or from a pipe.
#pragma once

#include <expected>
#include <string>

#include "base/secret.h"

namespace claude_auth {

/// Reads one line from standard input, without its newline and surrounding blanks; where that is a
/// terminal, `question` is shown first and nothing that is typed is echoed. At most 4,096 bytes.
/// TERM, INT, QUIT and HUP are heeded at once. Error: one sentence.
[[nodiscard]] std::expected<Secret, std::string> read_secret(const char* question);

}  // namespace claude_auth
