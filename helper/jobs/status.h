// `status`: where this user stands, for a person at a terminal or for a program.
#pragma once

#include "jobs/context.h"
#include "jobs/status_report.h"

namespace claude_auth {

/// Prints rows for a person to standard output; changes nothing. Returns 1 where something is left
/// for a person to do, else 0.
[[nodiscard]] int status(const Context& context, Reach reach);

/// Prints the same facts as one JSON object (claude-auth-sync(1)). Returns 1 where it could not say
/// much: the configuration is refused or the state cannot be read; else 0.
[[nodiscard]] int print_status_json(const StatusReport& report);

}  // namespace claude_auth
