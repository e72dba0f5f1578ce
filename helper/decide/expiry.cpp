#include "decide/expiry.h"

#include <algorithm>

namespace claude_auth {

std::optional<int> days_to_announce(Instant end, Instant now, std::chrono::days ahead) {
  const auto left = std::chrono::ceil<std::chrono::days>(end - now);
  if (end - now > ahead) return std::nullopt;
  return static_cast<int>(std::max(left, std::chrono::days(0)).count());
}

}  // namespace claude_auth
