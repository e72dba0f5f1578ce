// claude, simulated: answers a probe with one message, at the run's own time and endpoint. With
// CLAUDE_CODE_OAUTH_TOKEN in its environment it uses that, else the login of its home.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "agents.h"
#include "simulated_world.h"

namespace {

using namespace claude_auth;
using namespace claude_auth::testing;

int say(const char* text, int status) {
  std::puts(text);
  return status;
}

int answer(Agents::Answer answer) {
  switch (answer) {
    case Agents::Answer::given:
      return say("AUTH_OK", 0);
    case Agents::Answer::not_logged_in:
      return say("Not logged in", 1);
    case Agents::Answer::expired:
      return say("OAuth session expired and could not be refreshed", 1);
    case Agents::Answer::busy:
      break;
  }
  return say("another Claude Code process is refreshing it", 1);
}

}  // namespace

int main() {
  const char* const world = std::getenv(kWorldVariable);
  const char* const home = std::getenv("HOME");
  if (world == nullptr || home == nullptr) return 2;
  DistantEndpoint endpoint(endpoint_socket(world));
  if (const char* const token = std::getenv("CLAUDE_CODE_OAUTH_TOKEN"))
    return endpoint.accepts(token) ? say("AUTH_OK", 0)
                                   : say("Failed to authenticate. API Error: 401", 1);
  const SimulatedClock clock(clock_file(world));
  Agents agents({.uid = ::getuid(), .name = "made-up-user", .home = home}, endpoint, clock,
                std::string(world) + "/claudes-locks.json");
  return answer(agents.send_message());
}
