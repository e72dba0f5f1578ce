// `claude-auth-admin deprovision USER`: takes back what provision gave.
#pragma once

#include <string>

#include "admin/admin_context.h"

namespace claude_auth {

struct DeprovisionOptions {
  std::string roster;  ///< to warn of a user who is still in it
  std::string user;
  bool purge = false;  ///< delete the user's document as well; whoever calls has asked
};

/// Units off, token revoked, token file and record removed; works for users that this host no
/// longer knows. Prints one line. Returns the exit status: 0 done, 1 something failed, 3 something
/// is left that takes an admin's token.
[[nodiscard]] int deprovision(AdminContext& context, const DeprovisionOptions& options);

}  // namespace claude_auth
