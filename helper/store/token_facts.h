// What Vault says about the token that speaks to it, as plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace claude_auth {

/// The answer to auth/token/lookup-self.
struct TokenFacts {
  std::string display_name;
  std::vector<std::string> policies;
  std::vector<std::string> identity_policies;  ///< empty where the token has no entity
  std::string accessor;
  std::optional<std::chrono::seconds> ttl;  ///< time left; nothing where the token never ends
  bool renewable = false;
};

/// The answer to auth/token/renew-self. The TTL may be shorter than what was asked for: a mount
/// caps it with no more than a warning.
struct Renewal {
  std::chrono::seconds ttl{0};
  bool renewable = false;
};

/// What a server gave in seconds, where it is a duration of its own: it counts nanoseconds in 64
/// bits, so nothing below zero or beyond 292 years is one, and sums with such could overflow.
[[nodiscard]] constexpr std::optional<std::chrono::seconds> server_duration(
    std::optional<std::int64_t> seconds) {
  constexpr std::int64_t kLongest = 9'223'372'036;
  if (!seconds || *seconds < 0 || *seconds > kLongest) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

/// Longer than any token Vault or OpenBao makes (batch tokens stay below 1 KiB).
inline constexpr std::size_t kMaxTokenBytes = 4096;

/// The token in the text of a token file: one line, with or without its newline. Nothing where it
/// is empty, longer than `kMaxTokenBytes`, or holds a blank or a byte that is not printable ASCII.
/// Prefixes (`hvs.`, `s.`) are not looked at: they are not part of Vault's promise.
[[nodiscard]] std::optional<std::string_view> usable_token(std::string_view text);

}  // namespace claude_auth
