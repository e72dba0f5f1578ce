// `restore`: a person asks for the store's login.
#pragma once

#include <string>

#include "jobs/context.h"

namespace claude_auth {

/// Puts the store's login into the credentials file, also after a log-out. `from_host`: take it
/// although that host backed it up (DESIGN rule 6); empty: only this host's. Returns the exit
/// status.
[[nodiscard]] int restore(Context& context, const std::string& from_host);

}  // namespace claude_auth
