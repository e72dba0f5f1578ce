// What a user may be called who is looked after here. His name becomes a part of paths in Vault, of
// a policy's name, of units and of files.
#pragma once

#include <cstddef>
#include <string_view>

namespace claude_auth {

/// Longer than what useradd(8) makes (32): a directory's user@domain may be.
inline constexpr std::size_t kMaxUserName = 64;

/// What is_user_name asks for, to follow "should be".
inline constexpr std::string_view kUserNameRule =
    "up to 64 letters, digits, '.', '_', '-' and '@', the first a letter, digit or '_', not all "
    "of them digits";

/// Letters and digits are ASCII's, and nothing needs an escape anywhere: a unit's `User=%i` takes
/// its instance as it is written, so a name that systemd would have to escape could have no units.
/// All digits would be taken for a uid there.
[[nodiscard]] bool is_user_name(std::string_view name);

}  // namespace claude_auth
