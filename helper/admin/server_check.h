// Whether the Vault server is one that this project's tokens and documents can live on.
#pragma once

#include <string>
#include <vector>

#include "admin/admin_context.h"
#include "jobs/finding.h"
#include "vault/server_facts.h"

namespace claude_auth {

/// Asks the server: is it there and unsealed, how far apart are the clocks, and, with an admin's
/// token, what of the mount, of the life of tokens and, where `token_role` is not empty, of that
/// role for the policies of `users`. With `store = local` there is nothing to ask.
[[nodiscard]] Findings check_server(const AdminContext& context, const std::string& token_role,
                                    const std::vector<std::string>& users);

// What the answers mean. Pure.
[[nodiscard]] Findings judge_health(const ServerHealth& health, const VaultSettings& settings,
                                    Instant now);
[[nodiscard]] Finding judge_mount(const std::optional<MountFacts>& mount, const std::string& name);
[[nodiscard]] Finding judge_token_ttls(const TokenTtls& ttls);
[[nodiscard]] Findings judge_token_role(const std::string& name,
                                        const std::optional<TokenRoleFacts>& role,
                                        const VaultSettings& settings,
                                        const std::vector<std::string>& users);

}  // namespace claude_auth
