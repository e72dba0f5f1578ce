// Asking a person whether what cannot be undone is meant.
#pragma once

#include <string>

namespace claude_auth {

/// Asks for the user's name on standard error and reads it from standard input. False, with a
/// sentence on standard error, where the answer is any other.
[[nodiscard]] bool confirm_purge(const std::string& user);

}  // namespace claude_auth
