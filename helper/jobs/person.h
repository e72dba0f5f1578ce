// How long a job that a person started may take.
#pragma once

#include "base/clock.h"

namespace claude_auth {

/// Store work of a job run by hand, retries included.
inline constexpr std::chrono::seconds kPersonWaits{60};

}  // namespace claude_auth
