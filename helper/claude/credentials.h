// Claude's credentials file: what it holds, and how one login is put into it without touching
// anything else. Facts: docs/claude-client.md.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "claude/generations.h"

namespace claude_auth {

/// What a `claudeAiOauth` object is worth.
enum class LoginShape {
  valid,      ///< both tokens non-empty, expiresAt a number, scopes (if any) allow inference
  wiped,      ///< a token is empty or missing: what Claude writes on invalid_grant
  malformed,  ///< wrong types, no object
};

[[nodiscard]] LoginShape shape_of(const json_t* claude_ai_oauth);

/// The generation of a valid `claudeAiOauth` object.
[[nodiscard]] Generation generation_of(const json_t& claude_ai_oauth);

/// Epoch ms after which the refresh token of a valid object ends, where Claude wrote it down and it
/// is a `plausible_time`.
[[nodiscard]] std::optional<std::int64_t> refresh_token_expires_at_ms(
    const json_t& claude_ai_oauth);

/// What the credentials file holds.
enum class CredentialsContent {
  absent,    ///< proved not to be there
  no_login,  ///< an object without claudeAiOauth
  valid,
  wiped,
  malformed,   ///< no JSON object, truncated, a BOM, oversized, wrong types
  unreadable,  ///< anything that proves nothing: a FIFO, a foreign file, EIO, numbers that a
               ///< rewrite would change
};

/// One look at the credentials file.
struct CredentialsFile {
  CredentialsContent content = CredentialsContent::absent;
  /// The whole file; null where it is absent, malformed as a whole, or unreadable.
  Json root;
  /// Where a replacement goes: a symlink's target (docs/architecture.md, "Paths and names"). Empty
  /// where unreadable.
  std::string target;
  /// For `malformed` and `unreadable`: one sentence with the path and the remedy.
  std::string problem;

  /// The login of a `valid` file, borrowed from `root`.
  [[nodiscard]] const json_t* login() const;
};

/// Largest credentials file that is read, in bytes; a larger one is malformed.
inline constexpr std::size_t kMaxCredentials = 1 << 20;

[[nodiscard]] CredentialsFile read_credentials(const std::string& path, uid_t owner);

/// Decides what `bytes` of a credentials file are worth; `path` is for the sentences.
[[nodiscard]] CredentialsFile parse_credentials(std::string_view bytes, const std::string& path);

/// The file's new bytes: `root` (null: an empty object) with `claudeAiOauth` replaced by `login`,
/// every other key kept. The result holds secrets.
[[nodiscard]] std::string with_login(const json_t* root, const json_t& login);

/// The file's new bytes without a login: `root` without `claudeAiOauth`, every other key kept.
/// Empty where there is no other. The result may hold secrets.
[[nodiscard]] std::string without_login(const json_t& root);

/// What `.claude.json` says about the account.
enum class AccountRecord {
  present,  ///< it parses and has an `oauthAccount`
  removed,  ///< it parses and has none: what `claude auth logout` leaves
  unknown,  ///< absent, unreadable or garbled: proves nothing
};

[[nodiscard]] AccountRecord read_account_record(const std::string& claude_json, uid_t owner);

}  // namespace claude_auth
