// What `claude-auth-sync login --pam` says to pam_claude.so: the one place that knows the format.
//
// The helper writes lines to its standard output, the module reads them; nothing goes the other
// way. A line is a code of one letter and, where the code has one, an argument after one space:
//
//   W          nothing usable is here yet: wait until `timeout`, not `refresh_timeout`
//   T TOKEN    put TOKEN into the session as CLAUDE_CODE_OAUTH_TOKEN; a later one replaces it
//   U          put none into it after all: the store has taken the token back
//   N K D      tell the person notice K (a `Notice`); D is its days, 0 to 9999, 0 where it has none
//
// Each notice comes once at most. Where it counts days, 0 is today.
// No sentence and no variable name ever crosses. The module takes the user's process to be
// hostile: a line that is not exactly of this form ends the conversation, what was accepted
// before stays.
#pragma once

#include <cstddef>
#include <string_view>

namespace claude_auth::login_pipe {

inline constexpr char kWait = 'W';
inline constexpr char kToken = 'T';
inline constexpr char kNoToken = 'U';
inline constexpr char kNotice = 'N';

/// What only a person can do something about.
enum class Notice {
  login_needed = 1,          ///< the login is over and no machine can bring it back
  login_expires = 2,         ///< the login ends in D days (refreshTokenExpiresAt)
  setup_token_expires = 3,   ///< the setup token's year ends in D days
  setup_token_rejected = 4,  ///< Claude's API refuses the setup token
};

/// A setup token is at most this long (DESIGN rule 2), prefix included.
inline constexpr std::size_t kMaxToken = 1024;

inline constexpr char kTokenPrefix[] = "sk-ant-oat01-";

/// Whether `text` is a setup token: the prefix and at least one of [A-Za-z0-9_-], `kMaxToken`
/// bytes at most.
[[nodiscard]] constexpr bool is_setup_token(std::string_view text) {
  // Not starts_with: unoptimised, it needs libstdc++, which the module does not link.
  const std::string_view prefix(kTokenPrefix);
  if (text.size() <= prefix.size() || text.size() > kMaxToken) return false;
  if (std::string_view(text.data(), prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

/// All that one login may say: a token, its replacement, notices. Anything longer is cut off
/// unread.
inline constexpr std::size_t kMaxBytes = 4096;

/// The helper's exit status is not interpreted beyond zero and non-zero: details are in its log.
inline constexpr char kVariable[] = "CLAUDE_CODE_OAUTH_TOKEN";

}  // namespace claude_auth::login_pipe
