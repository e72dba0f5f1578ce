// `watch`: holds the newest login in memory, backs it up within seconds, heals within a second.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Runs until TERM or INT (exit status 0). Under a service manager it ends with 1 once when only a
/// person can help, so that the unit's OnFailure= is started; restarted, it says nothing twice.
[[nodiscard]] int watch(Context& context);

}  // namespace claude_auth
