// What every job of the admin's is given.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "admin/host.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/paths.h"
#include "base/secret.h"

namespace claude_auth {

struct AdminContext {
  Config config;                ///< with the Vault command line's variables applied
  std::optional<Secret> token;  ///< the admin's own; nothing where there is none
  std::string records_dir;      ///< /var/lib/claude-auth-sync
  const Clock& clock;
  Host& host;
  bool is_root = false;  ///< may act as other users
};

/// Reads the configuration and the environment: VAULT_ADDR and its companions, VAULT_TOKEN, else
/// ~/.vault-token as the Vault command line keeps it. Error: one sentence.
[[nodiscard]] std::expected<AdminContext, std::string> make_admin_context(const ConfigDirs& dirs,
                                                                          const Lookup& environment,
                                                                          const Clock& clock,
                                                                          Host& host);

}  // namespace claude_auth
