// Time for people to read: how long something takes, and how far away a moment is.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace claude_auth {

/// "1 time", "3 times".
[[nodiscard]] std::string count_of(std::int64_t number, const char* unit);

/// "3 days", "5 hours", "2 minutes", "a moment": the largest unit that fits, days and hours
/// rounded. `length` is not negative.
[[nodiscard]] std::string span(Millis length);

/// "in 3 days", or "3 days ago" for what has passed.
[[nodiscard]] std::string until(Instant moment, Instant now);

}  // namespace claude_auth
