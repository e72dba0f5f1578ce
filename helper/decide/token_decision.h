// DESIGN rule 8: is the token in the user's token file this user's own? Pure.
#pragma once

#include <string>
#include <string_view>

#include "store/token_facts.h"

namespace claude_auth {

/// What the configuration says a user's token looks like, %u already replaced by the user's name.
struct ExpectedToken {
  std::string display_name;  ///< e.g. token-devvm-claude-auth-emo
  std::string policy;        ///< e.g. workstation-claude-emo
};

enum class TokenDecision {
  ours,
  foreign_name,  ///< the display name is another one's
  lacks_policy,  ///< neither policies nor identity_policies has the user's policy
};

/// A display name as Vault stores it: every character outside [a-zA-Z0-9-] becomes '-', and one
/// trailing '-' is dropped (OpenBao, vault/token_store.go). Two users whose names collide under it
/// are told apart by the policy alone.
[[nodiscard]] std::string vault_display_name(std::string_view name);

/// A policy's name as Vault stores it: in lower case.
[[nodiscard]] std::string vault_policy_name(std::string name);

/// The policy is the boundary; the name keeps an honest mistake (a token file copied from another
/// user) from going on.
[[nodiscard]] TokenDecision decide_token(const TokenFacts& facts, const ExpectedToken& expected);

}  // namespace claude_auth
