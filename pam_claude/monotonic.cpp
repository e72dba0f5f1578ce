// CLOCK_MONOTONIC as a std::chrono duration.
#include "pam_claude/monotonic.h"

#include <limits.h>
#include <time.h>

#include <algorithm>

namespace claude_auth {

MonoTime monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

int poll_timeout(MonoTime until) {
  using Millis = std::chrono::milliseconds;
  const Millis left = std::chrono::ceil<Millis>(until - monotonic_now());
  return static_cast<int>(std::clamp<Millis::rep>(left.count(), 0, INT_MAX));
}

}  // namespace claude_auth
