// Agents of one home that refresh without a pause, and something that runs beside them: does it
// ever cost them their login?
#pragma once

#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "real_client.h"

namespace claude_auth::testing {

/// What runs beside the agents, as their user.
struct Beside {
  std::vector<std::string> command;  ///< absolute path, then arguments
  Millis every{50};                  ///< started anew so often; zero: once, and runs to the end
  Millis stopped_within{0};          ///< ended at a random moment up to then; zero: never
  int signal = SIGTERM;              ///< how it is ended
};

struct RaceOptions {
  std::uint64_t rotations = 200;  ///< the race is over then
  int agents = 3;
  std::vector<Beside> beside;
};

struct RaceResult {
  std::uint64_t rotations = 0;
  std::uint64_t lost = 0;      ///< logins that only a person could bring back
  std::uint64_t failures = 0;  ///< messages without a reply while the login was fine
  std::uint64_t runs = 0;      ///< of what ran beside
  Millis took{0};
};

/// Runs one race. Each agent sends message after message, and each message refreshes, as no access
/// token lives long enough; a refresh token is good once and its second use ends the login. Where
/// it is lost, a person logs in again and the race goes on. It ends after 15 minutes, whatever
/// was reached.
[[nodiscard]] RaceResult race(const RealClient& client, const RaceOptions& options);

}  // namespace claude_auth::testing
