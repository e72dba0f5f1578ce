// `backup`: the local login goes into the store.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Checks the login's structure and backs it up (DESIGN rule 3). With the local store the first
/// backup enrols the user. Returns the exit status.
[[nodiscard]] int backup(Context& context);

}  // namespace claude_auth
