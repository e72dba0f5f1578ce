// `watch`: holds the newest login in memory, backs it up within seconds, heals within a second.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// The exit status of a watch that ended so that its service manager calls a person.
constexpr int kPersonNeeded = 3;

/// Runs until TERM or INT (exit status 0). Under a service manager it ends with kPersonNeeded once
/// when only a person can help, so that the unit's OnFailure= is started; started again, it says
/// nothing twice.
[[nodiscard]] int watch(Context& context);

}  // namespace claude_auth
