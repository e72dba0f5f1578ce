// What a user's own `claude-auth-sync status --json` says about him. He may have replaced every
// part of it, so it is believed about nobody else, and nothing of it is taken as it came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status_log.h"
#include "decide/fleet_decision.h"

namespace claude_auth {

/// An honest report is about 1 KiB.
inline constexpr std::size_t kMaxReport = std::size_t{16} << 10;

/// What is known of a user's own state. Every text is printable ASCII of bounded length, every time
/// a moment of this era (epoch to the year 9999). What nobody knows is `unknown`, nothing or empty.
struct UserFacts {
  bool paused = false;
  std::optional<LocalLogin> login;
  std::optional<Instant> login_expires;
  bool login_rejected = false;  ///< by Claude, as his last job found
  BackupSeen backup = BackupSeen::unknown;
  std::optional<Instant> backed_up_at;
  std::string backed_up_by;
  SetupTokenSeen setup_token = SetupTokenSeen::unknown;
  std::optional<Instant> setup_token_expires;
  VaultTokenSeen vault_token = VaultTokenSeen::unknown;
  std::optional<Instant> vault_token_expires;
  std::optional<Status> last_status;
  std::string last_reason;
  std::optional<Instant> last_at;
  std::optional<Instant> last_success;
  std::optional<std::uint64_t> heals;
  std::optional<std::uint64_t> restores;
};

/// What was absent or of a wrong type is not known.
struct UserReport : UserFacts {
  std::string problem;  ///< why there is little else: his configuration or state cannot be read
  bool enrolled = false;
  bool on_setup_token = false;  ///< "mode"
  std::string login_problem;
};

/// Error: one sentence without a byte of `text`.
[[nodiscard]] std::expected<UserReport, std::string> parse_user_report(std::string_view text);

}  // namespace claude_auth
