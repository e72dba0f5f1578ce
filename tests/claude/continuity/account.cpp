#include "account.h"

#include <algorithm>

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kRotations = 500;
constexpr int kRotationsBetweenIncidents = 5;

std::string in_words(Millis time) {
  if (time < 1min) return std::to_string(time.count()) + " ms";
  return std::to_string(time / 1h) + " h " + std::to_string(time % 1h / 1min) + " min";
}

std::string in_words(const std::vector<Millis>& times) {
  if (times.empty()) return "0";
  return std::to_string(times.size()) + " (median " + in_words(percentile(times, 50)) + ", p99 " +
         in_words(percentile(times, 99)) + ")";
}

void add(Account& account, const Aftermath& aftermath) {
  switch (aftermath.end) {
    case Aftermath::End::unharmed:
      return;
    case Aftermath::End::healed:
      account.healed.push_back(aftermath.after);
      return;
    case Aftermath::End::told:
      account.told.push_back(aftermath.after);
      return;
    case Aftermath::End::silent:
      ++account.silent;
  }
}

}  // namespace

Account simulate(const Cause& cause, MakeKeeper make_keeper, const std::string& directory) {
  Stage stage(directory, cause.reuse, make_keeper);
  Account account;
  for (int rotation = 1; rotation <= kRotations; ++rotation) {
    stage.pass_to_refresh();
    if (rotation % kRotationsBetweenIncidents != 0) {
      stage.scene.agents.send_message();
      continue;
    }
    ++account.incidents;
    stage.keeper->catch_up();
    cause.happens(stage);
    add(account, stage.keeper->look_after());
    if (stage.scene.logged_in()) continue;
    ++account.log_outs;
    stage.pass_some_time();
    stage.scene.person_logs_in();
  }
  return account;
}

Millis percentile(std::vector<Millis> times, std::size_t percent) {
  if (times.empty()) return 0ms;
  std::ranges::sort(times);
  return times[(times.size() - 1) * percent / 100];
}

std::string in_words(const Account& account) {
  return std::to_string(account.log_outs) + " log-outs in " + std::to_string(account.incidents) +
         " incidents and " + std::to_string(kRotations) + " rotations, healed " +
         in_words(account.healed) + ", told " + in_words(account.told) + ", silent " +
         std::to_string(account.silent);
}

}  // namespace claude_auth::testing
