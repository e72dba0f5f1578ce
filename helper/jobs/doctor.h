// `doctor`: everything that a user's login depends on, each with its remedy.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Prints one line per check, OK, WARN or FAIL with the remedy, to standard output; changes
/// nothing but state.json, rewritten as it is to see that it can be. Returns 1 where one is FAIL.
[[nodiscard]] int doctor(const Identity& identity, const Clock& clock);

}  // namespace claude_auth
