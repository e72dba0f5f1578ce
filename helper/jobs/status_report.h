// Where a user stands, gathered once: what `status` shows, as text and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "claude/shadows.h"
#include "decide/login_decision.h"
#include "decide/restore_decision.h"
#include "jobs/context.h"
#include "jobs/last_status.h"
#include "jobs/scoped_token.h"

namespace claude_auth {

/// How far `status` looks.
enum class Reach {
  everywhere,
  this_host,  ///< no network: a store in Vault is not asked
};

struct LoginFacts {
  LocalLogin state = LocalLogin::unreadable;
  std::string problem;  ///< of a malformed or unreadable file: one sentence
  std::optional<Instant> access_token_expires_at;
  std::optional<Instant> login_expires_at;
  bool rejected = false;  ///< by Claude, as the last job found
};

struct BackupFacts {
  RestoreSituation::Document state = RestoreSituation::Document::none;
  std::optional<Instant> at;
  std::string by;
  bool other_host = false;
};

enum class SetupTokenState { none, in_force, untried, rejected, malformed };

struct SetupTokenFacts {
  SetupTokenState state = SetupTokenState::none;
  std::optional<Instant> expires_at;
};

struct StatusReport {
  Instant now;
  std::string user;
  /// Why this is nearly all: the configuration is refused, or the state cannot be read. A sentence.
  std::string problem;
  LastStatus last;
  bool paused = false;
  std::vector<std::string> warnings;
  std::vector<std::string> to_do;  ///< what a person should do; empty where all is well

  // Nothing, or empty, without a configuration.
  std::string host;
  std::optional<StoreKind> store;
  std::string store_place;
  bool enrolled = false;

  // Nothing without a configuration or state.
  std::optional<LoginFacts> login;
  LoginMode mode = LoginMode::oauth;  ///< what sessions work with
  std::vector<Shadow> shadows;        ///< what outranks the login

  // Nothing where the store did not say.
  std::optional<BackupFacts> backup;
  std::optional<SetupTokenFacts> setup_token;   ///< without the store: the env file's, if any
  std::optional<VaultTokenReport> vault_token;  ///< with Vault only
};

/// Looks at everything and changes nothing. Asks the store for up to 60 s.
[[nodiscard]] StatusReport gather_status(const Context& context, Reach reach);

/// What can be said of a user whose configuration is refused because of `problem`.
[[nodiscard]] StatusReport status_without_configuration(const Identity& identity, Instant now,
                                                        const std::string& problem);

}  // namespace claude_auth
