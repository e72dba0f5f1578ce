// Time on CLOCK_MONOTONIC, read by libc alone: std::chrono's clocks live in libstdc++, which the
// module does not link.
#pragma once

#include <chrono>

namespace claude_auth {

/// A moment, or a span, of CLOCK_MONOTONIC.
using MonoTime = std::chrono::nanoseconds;

/// Async-signal-safe.
[[nodiscard]] MonoTime monotonic_now();

/// The time left until `until` as poll(2) takes it: milliseconds, rounded up, 0 once it passed.
[[nodiscard]] int poll_timeout(MonoTime until);

}  // namespace claude_auth
