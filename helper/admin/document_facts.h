// What an admin's jobs keep of a user's document: times, and hashes by which secrets are compared.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "decide/fleet_decision.h"
#include "store/store.h"

namespace claude_auth {

/// Nothing here is a secret, and nothing here is text of the store's that was not made printable.
struct DocumentFacts {
  BackupSeen backup = BackupSeen::none;
  std::optional<Instant> backed_up_at;
  std::string backed_up_by;              ///< empty where nobody says so
  std::optional<Instant> login_expires;  ///< the end of the refresh token, where it is known
  SetupTokenSeen setup_token = SetupTokenSeen::none;  ///< never `rejected`: only the user knows
  std::optional<Instant> setup_token_expires;         ///< the end of its year
  std::string setup_token_hash;                       ///< empty without one
  std::string account_hash;                           ///< of accountUuid; empty where unknown
};

/// `stored` as `host` (the configuration's host_name) sees it; with `shared_login` another host's
/// backup is as good as its own.
[[nodiscard]] DocumentFacts facts_of(const StoredDocument& stored, const std::string& host,
                                     bool shared_login);

/// What must be one user's alone.
enum class Shareable { setup_token, account };

/// Two users or more that have the same.
struct Shared {
  Shareable what;
  std::vector<std::string> users;  ///< in the order given
};

struct Holder {
  std::string user;
  std::string setup_token_hash;  ///< empty: none, or not known
  std::string account_hash;
};

/// Who shares a setup token or an account, setup tokens first. Pure.
[[nodiscard]] std::vector<Shared> find_shared(std::span<const Holder> holders);

}  // namespace claude_auth
