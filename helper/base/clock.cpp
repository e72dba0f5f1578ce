#include "base/clock.h"

#include <algorithm>
#include <climits>
#include <ctime>

namespace claude_auth {

Instant Clock::now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

Deadline Deadline::in(Millis span) {
  return Deadline(Monotonic::now() + span);
}

Deadline Deadline::never() {
  return Deadline(Monotonic::time_point::max());
}

Millis Deadline::remaining() const {
  if (at_ == Monotonic::time_point::max()) return Millis::max();
  const auto left = std::chrono::ceil<Millis>(at_ - Monotonic::now());
  return std::max(left, Millis::zero());
}

int Deadline::poll_timeout() const {
  const Millis left = remaining();
  if (left == Millis::max()) return -1;
  return static_cast<int>(std::min<Millis::rep>(left.count(), INT_MAX));
}

Deadline Deadline::earlier_by(Millis span) const {
  return at_ == Monotonic::time_point::max() ? *this : Deadline(at_ - span);
}

Deadline Deadline::or_sooner(Deadline other) const {
  return at_ <= other.at_ ? *this : other;
}

std::string iso8601(Instant at) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[sizeof "2026-11-21T18:40:37Z" + 16];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

}  // namespace claude_auth
