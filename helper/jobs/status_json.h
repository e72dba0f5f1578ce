// `status --json`: the report as one object for programs. Its members are in claude-auth-sync(1).
#pragma once

#include "base/json.h"
#include "jobs/status_report.h"

namespace claude_auth {

/// Nothing of it is a secret, and every string of it is printable ASCII. Throws std::bad_alloc.
[[nodiscard]] Json status_as_json(const StatusReport& report);

}  // namespace claude_auth
