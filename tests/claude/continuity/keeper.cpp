#include "keeper.h"

#include <cstdlib>
#include <fstream>

#include "simulated_world.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Millis kJobTakes = 60s;
constexpr Millis kGrace = 10s;

class Nobody : public Keeper {
 public:
  using Keeper::Keeper;

  Aftermath look_after() override {
    scene_.agents.send_message();
    return {.end = scene_.logged_in() ? Aftermath::End::unharmed : Aftermath::End::silent};
  }
};

}  // namespace

Command Keeper::job(const char* name) const {
  return {
      .path = SIMULATED_JOB,
      .arguments = {"simulated-job", name},
      .environment = scene_.home.environment({std::string(kWorldVariable) + "=" + scene_.world})};
}

void Keeper::run_job(const char* name) const {
  if (!run(job(name), Deadline::in(kJobTakes), kGrace, 1 << 16)) std::abort();
}

std::size_t Keeper::log_size() const {
  std::ifstream log(scene_.home.paths().log, std::ios::ate);
  return log ? static_cast<std::size_t>(log.tellg()) : 0;
}

bool Keeper::asks_for_person(std::size_t after) const {
  std::ifstream log(scene_.home.paths().log);
  log.seekg(static_cast<std::streamoff>(after));
  for (std::string line; std::getline(log, line);)
    if (line.contains(" FAIL ") && line.contains("claude auth login")) return true;
  return false;
}

std::unique_ptr<Keeper> nobody(Scene& scene) {
  return std::make_unique<Nobody>(scene);
}

}  // namespace claude_auth::testing
