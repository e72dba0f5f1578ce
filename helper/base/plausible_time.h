// Times that others wrote, kept where sums with them cannot overflow.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace claude_auth {

/// Epoch `milliseconds` as a moment; nothing before 1970 and from the year 10000 on.
[[nodiscard]] inline std::optional<Instant> plausible_time(std::int64_t milliseconds) {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  if (milliseconds <= 0 || milliseconds >= kYear10000) return std::nullopt;
  return Instant(Millis(milliseconds));
}

}  // namespace claude_auth
