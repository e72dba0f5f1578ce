// The user's scoped Vault token: its file, and whether the server says that it is his (DESIGN
// rule 8).
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/secret.h"
#include "jobs/context.h"
#include "store/token_facts.h"
#include "store/vault_store.h"

namespace claude_auth {

/// How patient the transport is.
enum class Retry {
  never,       ///< a login: nothing is tried twice
  configured,  ///< as `max_retries` says
};

enum class VaultTokenState {
  absent,      ///< proved not to be there
  present,     ///< a usable one is there; nobody asked the server
  ours,        ///< the server knows it as this user's
  foreign,     ///< the server knows it as somebody else's, or without the user's policy
  rejected,    ///< the server refuses it
  unreadable,  ///< the file is none that may be used
  unknown,     ///< the server did not say
};

[[nodiscard]] const char* name_of(VaultTokenState state);

struct VaultTokenReport {
  VaultTokenState state = VaultTokenState::unknown;
  std::string problem;              ///< one sentence; empty where all is well
  std::optional<TokenFacts> facts;  ///< where the server answered
};

/// When the token ends; nothing where it never does, or the server did not say.
[[nodiscard]] std::optional<Instant> end_of(const VaultTokenReport& token, Instant now);

/// A file that gives no token.
struct NoToken {
  VaultTokenState state;  ///< absent or unreadable
  std::string sentence;
};

[[nodiscard]] std::expected<Secret, NoToken> read_vault_token(const Context& context);

/// The user's document in Vault, asked for with `token`, which passed `usable_token`.
[[nodiscard]] std::unique_ptr<VaultStore> vault_store_of(const Context& context, Secret token,
                                                         Retry retry);

/// Empty where the token is the user's own, else the sentence that refuses it.
[[nodiscard]] std::string why_not_ours(const Context& context, const TokenFacts& facts);

/// By the file alone: absent, present or unreadable.
[[nodiscard]] VaultTokenReport look_at_vault_token(const Context& context);

/// A token that the server was asked about, and the store that it opens.
struct CheckedVault {
  VaultTokenReport token;
  std::unique_ptr<VaultStore> store;  ///< null unless the token is ours
};

/// Reads the token and has the server look it up, whatever was found out before. Writes nothing.
[[nodiscard]] CheckedVault check_vault(const Context& context, Deadline deadline);

}  // namespace claude_auth
