// `sync`: the timer's job, and the default. Checks everything, heals what a machine can heal.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Runs one sync (DESIGN, "sync"). Returns the exit status: 0, or 1 after a FAIL line.
[[nodiscard]] int sync(Context& context);

}  // namespace claude_auth
