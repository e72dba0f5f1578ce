// The scoped tokens of users: minted, looked up and revoked by an admin.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/secret.h"
#include "store/token_facts.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// How long a user's token lives without a renewal: Vault's default system maximum.
inline constexpr std::chrono::seconds kTokenPeriod = std::chrono::hours{768};

struct MintRequest {
  std::string display_name;  ///< without the "token-" that Vault puts in front
  std::string policy;
  std::string role;  ///< a token role to mint through; empty: auth/token/create-orphan
  /// Not asked for through a role, which has its own: asking takes sudo.
  std::chrono::seconds period = kTokenPeriod;
};

/// What the server made of a request: a mount caps a TTL, and a missing policy is granted, with no
/// more than a warning.
struct MintedToken {
  Secret token;
  std::string accessor;
  std::vector<std::string> policies;
  std::chrono::seconds ttl{0};  ///< 0: never ends
  bool renewable = false;
  bool orphan = false;
  std::vector<std::string> warnings;  ///< the server's, printable
};

/// The request for `user`'s token by the patterns of `settings`. `misconfigured` where
/// token_display_name does not begin with "token-": Vault gives no token another name.
[[nodiscard]] std::expected<MintRequest, StoreError> mint_request_for(const VaultSettings& settings,
                                                                      const std::string& user,
                                                                      const std::string& role);

/// One request, never sent twice: a token whose reply is lost stays behind for its whole period.
[[nodiscard]] std::expected<MintedToken, StoreError> mint_token(VaultApi& api,
                                                                const MintRequest& request,
                                                                Deadline deadline);

/// POST auth/token/lookup-accessor; nothing only where the server proves that there is no such
/// token.
[[nodiscard]] std::expected<std::optional<TokenFacts>, StoreError> look_up_accessor(
    VaultApi& api, std::string_view accessor, Deadline deadline);

/// POST auth/token/revoke-accessor. A token that is gone already is success.
[[nodiscard]] std::expected<void, StoreError> revoke_accessor(VaultApi& api,
                                                              std::string_view accessor,
                                                              Deadline deadline);

/// What a reply to auth/token/create… says. Pure.
[[nodiscard]] std::expected<MintedToken, StoreError> minted_token_in(const HttpReply& reply);

/// What a reply to lookup-accessor says. Pure.
[[nodiscard]] std::expected<std::optional<TokenFacts>, StoreError> accessor_facts_in(
    const HttpReply& reply);

/// Does a reply to revoke-accessor prove that the token is gone? Pure.
[[nodiscard]] std::expected<void, StoreError> revoked_in(const HttpReply& reply);

}  // namespace claude_auth
