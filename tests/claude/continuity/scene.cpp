#include "scene.h"

#include <filesystem>

#include "simulated_world.h"

namespace claude_auth::testing {
namespace {

std::string made(const std::string& directory) {
  std::filesystem::create_directories(directory);
  return directory;
}

UserId at_home(const UserId& user, const std::string& home) {
  return {.uid = user.uid, .name = user.name, .home = home};
}

}  // namespace

Scene::Scene(const std::string& directory, ReuseRule reuse)
    : world(made(directory)),
      disk(directory + "/disk"),
      home(disk.path() + "/home"),
      clock(clock_file(world)),
      service(reuse, clock, endpoint_socket(world)),
      agents(home.user(), service, clock, directory + "/agents-locks.json"),
      another_agent(home.user(), service, clock, directory + "/another-agents-locks.json"),
      other_host(at_home(home.user(), directory + "/other-host"), service, clock,
                 directory + "/other-hosts-locks.json") {
  clock.set(Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)));
  person_logs_in();
}

}  // namespace claude_auth::testing
