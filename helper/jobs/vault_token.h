// `vault-token set`, `remove` and `check`: the user's side of what an admin provisions.
#pragma once

#include <string>

#include "jobs/context.h"
#include "jobs/scoped_token.h"

namespace claude_auth {

/// Reads a scoped Vault token (prompt without echo, or one line of standard input) and puts it into
/// the user's token file, 0600, durably; makes the directories. What was found out with the token
/// before is forgotten. 0 only where the token is in place. Returns the exit status.
[[nodiscard]] int set_vault_token(Context& context);

/// Removes the token file; absent is success. Returns the exit status.
[[nodiscard]] int remove_vault_token(Context& context);

/// Asks the server about the token, and nothing else of it: writes nowhere.
[[nodiscard]] VaultTokenReport check_vault_token(const Context& context);

/// Prints `report` to standard output as one JSON object (claude-auth-sync(1)).
void print_vault_token(const VaultTokenReport& report);

}  // namespace claude_auth
