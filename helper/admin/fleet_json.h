// The fleet as JSON, for other programs.
#pragma once

#include <string>

#include "admin/fleet.h"

namespace claude_auth {

/// One object, indented, with a newline at its end. Times are epoch seconds; what is not known is
/// absent. claude-auth-admin(8) lists the members.
[[nodiscard]] std::string render_json(const Fleet& fleet);

}  // namespace claude_auth
