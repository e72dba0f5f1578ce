// `claude-auth-admin provision`: makes every user of the roster have what his Claude login needs:
// policy, scoped token, units.
#pragma once

#include <string>

#include "admin/admin_context.h"

namespace claude_auth {

struct ProvisionOptions {
  std::string roster;
  std::string user;        ///< only this one; empty: all
  std::string token_role;  ///< mint through this role; empty: as the configuration says
  bool dry_run = false;    ///< say what would be done, in the same words, and do nothing
};

/// Prints a line for each user that changed, failed or has something left to do, and a summary.
/// Returns the exit status: 0 where all is as it should be, 1 where a user failed or nothing was
/// done at all, 3 where something is left that takes an admin's token.
[[nodiscard]] int provision(AdminContext& context, const ProvisionOptions& options);

}  // namespace claude_auth
