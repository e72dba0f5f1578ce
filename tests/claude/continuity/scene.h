// One run of the simulator: a home on a small disk, its agents, the service that they refresh at,
// and the time, which moves only when told to.
#pragma once

#include <string>

#include "agents.h"
#include "client_home.h"
#include "simulated_clock.h"
#include "small_disk.h"
#include "token_endpoint.h"

namespace claude_auth::testing {

struct Scene {
  /// `directory`: is made; nobody else's.
  Scene(const std::string& directory, ReuseRule reuse);

  /// The login on disk would get new tokens.
  [[nodiscard]] bool logged_in() { return service.is_current(agents.refresh_token()); }

  void person_logs_in() { agents.write_new_login(service.log_in()); }

  std::string world;  ///< simulated_world.h
  SmallDisk disk;
  ClientHome home;
  SimulatedClock clock;
  TokenService service;
  Agents agents;
  Agents another_agent;  ///< of the same home, where two have to do with each other
  Agents other_host;     ///< a second home, with no login yet, at the same service
};

}  // namespace claude_auth::testing
