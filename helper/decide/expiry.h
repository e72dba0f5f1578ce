// When an end is near enough to tell a person. Pure.
#pragma once

#include <optional>

#include "base/clock.h"

namespace claude_auth {

/// A setup token lives for a year and is announced 30 days ahead.
inline constexpr std::chrono::days kSetupTokenLife{365};
inline constexpr std::chrono::days kSetupTokenNotice{30};

/// A login's refresh token lives for about 30 days and is announced 3 days ahead.
inline constexpr std::chrono::days kLoginNotice{3};

/// Whole days from `now` to `end`, rounded up, never negative; nothing while more than `ahead`
/// is left.
[[nodiscard]] std::optional<int> days_to_announce(Instant end, Instant now,
                                                  std::chrono::days ahead);

}  // namespace claude_auth
