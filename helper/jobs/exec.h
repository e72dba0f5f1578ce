// `exec -- COMMAND...`: a service or launcher gets the user's setup token, and nobody else does.
#pragma once

#include <string>
#include <vector>

#include "jobs/context.h"

namespace claude_auth {

/// Where the token comes from.
enum class ExecSource {
  local,        ///< the env file as it is: no network
  store_first,  ///< a login's store work first, within its deadlines
};

/// Becomes `command`, with the setup token of the env file as CLAUDE_CODE_OAUTH_TOKEN where there
/// is one, else with the environment unchanged. Whatever is wrong with our own files, `command`
/// runs. Returns only where it cannot be run: 127 where there is no such program, else 126.
[[nodiscard]] int exec_command(const Identity& identity, ExecSource source,
                               const std::vector<std::string>& command);

}  // namespace claude_auth
