// The variables of the Vault command line that claude-auth-sync honours outside PAM.
#pragma once

#include <optional>
#include <string>

#include "base/config.h"
#include "base/paths.h"

namespace claude_auth {

/// Lets VAULT_ADDR, VAULT_CACERT, VAULT_CAPATH, VAULT_CLIENT_CERT with VAULT_CLIENT_KEY,
/// VAULT_TLS_SERVER_NAME, VAULT_NAMESPACE, VAULT_CLIENT_TIMEOUT (seconds, or a duration such as
/// 1m30s or 500ms), VAULT_MAX_RETRIES, VAULT_PROXY_ADDR and CLAUDE_AUTH_VAULT_PATH outrank the
/// configuration. VAULT_TOKEN is never looked at. Returns one sentence where a value is unusable.
[[nodiscard]] std::optional<std::string> apply_vault_environment(VaultSettings& settings,
                                                                 const Lookup& environment);

}  // namespace claude_auth
