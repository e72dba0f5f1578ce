#include "decide/watch_decision.h"

#include <algorithm>

namespace claude_auth {
namespace {

Millis doubled_after(int failures, Millis first, Millis longest) {
  return std::min(longest, first * (1 << std::clamp(failures - 1, 0, 10)));
}

}  // namespace

WatchStep watch_step(const WatchSituation& now) {
  if (now.paused || now.setup_token_in_force) return WatchStep::nothing;
  switch (now.login) {
    case LocalLogin::valid:
      if (now.in_memory && now.came_back && now.account_removed) return WatchStep::take_back;
      if (now.superseded) break;
      return now.in_memory ? WatchStep::nothing : WatchStep::take;
    case LocalLogin::logged_out:
      return WatchStep::forget;
    case LocalLogin::unreadable:
      return now.dealt_with ? WatchStep::nothing : WatchStep::report;
    case LocalLogin::malformed:
    case LocalLogin::wiped:
    case LocalLogin::lost:
      break;
  }
  if (now.from_memory == RestoreVerdict::restore) return WatchStep::heal_from_memory;
  return now.dealt_with ? WatchStep::nothing : WatchStep::ask_store;
}

Millis settle_time(LocalLogin login) {
  switch (login) {
    case LocalLogin::valid:
    case LocalLogin::logged_out:
    case LocalLogin::unreadable:
      return Millis(0);
    case LocalLogin::wiped:
      return Millis(100);
    case LocalLogin::malformed:
      return Millis(300);
    case LocalLogin::lost:
      break;
  }
  return Millis(500);
}

std::optional<Millis> account_look(int number) {
  constexpr int kLast = 5;
  if (number > kLast) return std::nullopt;
  return doubled_after(number, Millis(500), Millis(4'000));
}

Millis backup_retry(int failures) {
  return doubled_after(failures, Millis(15'000), Millis(600'000));
}

Millis heal_retry(int failures) {
  return doubled_after(failures, Millis(250), Millis(500));
}

int heals_until_told(HealTrouble trouble) {
  return trouble == HealTrouble::busy ? 50 : 10;
}

}  // namespace claude_auth
