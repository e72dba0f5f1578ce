// What a user's own `claude-auth-sync vault-token check` says of the token in his token file. He
// may have replaced every part of it: it is parsed, never trusted.
#pragma once

#include <string>

#include "base/child.h"
#include "decide/fleet_decision.h"

namespace claude_auth {

struct TokenReport {
  VaultTokenSeen file = VaultTokenSeen::unknown;
  std::string accessor;  ///< that he names; empty, or of a shape that Vault could have made
  std::string problem;   ///< one sentence, printable; empty where there is none
};

/// An output that is no report is `unknown`, and its problem says so.
[[nodiscard]] TokenReport token_report_in(const Finished& finished);

/// What became of a run of a user's own program: nothing where it succeeded, else one sentence,
/// made printable, that ends in its own last words.
[[nodiscard]] std::string failure_of(const Finished& finished, const std::string& call);

}  // namespace claude_auth
