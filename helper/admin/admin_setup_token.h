// `claude-auth-admin setup-token set|remove|status USER`: a user's setup token in Vault, by an
// admin.
#pragma once

#include <string>

#include "admin/admin_context.h"

namespace claude_auth {

struct AdminSetupTokenOptions {
  std::string roster;
  std::string user;
  enum class Action { set, remove, status } action = Action::status;
};

/// `set` reads the token from a prompt without echo, or from standard input, and refuses one that
/// another user of the roster has. Returns the exit status: of `status` 1 where something is to do.
[[nodiscard]] int admin_setup_token(AdminContext& context, const AdminSetupTokenOptions& options);

}  // namespace claude_auth
