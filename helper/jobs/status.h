// `status`: what a person wants to know about his login, at a glance.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Prints the state of the login, the store and the setup token to standard output; asks the
/// store, changes nothing. Returns 0 where all is well, 1 where a person should act.
[[nodiscard]] int status(Context& context);

}  // namespace claude_auth
