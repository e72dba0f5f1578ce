// `pause` and `resume`: every part leaves a user alone, until told otherwise.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Why a job does nothing for a user who is paused.
inline constexpr char kPausedReason[] = "paused: see `resume`";

[[nodiscard]] int pause(Context& context);
[[nodiscard]] int resume(Context& context);

}  // namespace claude_auth
