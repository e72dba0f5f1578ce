// What a server tells about itself, its mounts, its token TTLs and its token roles: for `doctor`,
// and for provisioning.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// The answer of sys/health, whatever status carries it. Needs no token.
struct ServerHealth {
  bool initialized = false;
  bool sealed = true;
  bool standby = false;
  std::string version;                     ///< printable; empty where the server tells none
  std::optional<Instant> server_time;      ///< of a whole second
  std::optional<Instant> certificate_end;  ///< nothing without TLS
};

struct MountFacts {
  std::string type;     ///< "kv" for a key/value engine; printable
  std::string version;  ///< of a key/value engine: "2", else "1" or empty
};

/// How long tokens may live: what auth/token is tuned to, else the server's own limits.
struct TokenTtls {
  std::chrono::seconds otherwise{0};  ///< of a token that asks for nothing
  std::chrono::seconds maximum{0};    ///< longer ones are capped with no more than a warning
};

struct TokenRoleFacts {
  std::vector<std::string> allowed_policies;
  std::vector<std::string> allowed_policies_glob;
  bool orphan = false;
  bool renewable = false;
  std::chrono::seconds period{0};            ///< 0: its tokens are not periodic
  std::chrono::seconds explicit_max_ttl{0};  ///< not 0: its tokens end then, renewed or not
};

/// GET sys/health. Sent once: an answer that says "sealed" is the answer.
[[nodiscard]] std::expected<ServerHealth, StoreError> read_health(VaultApi& api, Deadline deadline);

/// The mount `mount` ("secret"); nothing where the server proves that there is none. A token with
/// any capability below it is told; that there is none, only one that may read sys/mounts/`mount`.
[[nodiscard]] std::expected<std::optional<MountFacts>, StoreError> read_mount(
    VaultApi& api, std::string_view mount, Deadline deadline);

/// GET sys/mounts/auth/token/tune, which takes no sudo, other than sys/auth/token/tune.
[[nodiscard]] std::expected<TokenTtls, StoreError> read_token_ttls(VaultApi& api,
                                                                   Deadline deadline);

/// GET auth/token/roles/`role`; nothing where the server proves that there is none.
[[nodiscard]] std::expected<std::optional<TokenRoleFacts>, StoreError> read_token_role(
    VaultApi& api, std::string_view role, Deadline deadline);

// What the replies to these say. Pure.
[[nodiscard]] std::expected<ServerHealth, StoreError> health_in(const HttpReply& reply);
[[nodiscard]] std::expected<std::optional<MountFacts>, StoreError> mount_in(const HttpReply& reply,
                                                                            std::string_view mount);
[[nodiscard]] std::expected<TokenTtls, StoreError> token_ttls_in(const HttpReply& reply);
[[nodiscard]] std::expected<std::optional<TokenRoleFacts>, StoreError> token_role_in(
    const HttpReply& reply, std::string_view role);

}  // namespace claude_auth
