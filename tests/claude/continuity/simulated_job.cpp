// simulated-job: our jobs at a simulated time, in the home that HOME names, with the local store.
//
//   simulated-job backup [--from-stdin] | login --codes | sync | watch
//
// The watch starts its children by this program's own path, so they live at the same time.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/secret.h"
#include "jobs/backup.h"
#include "jobs/login.h"
#include "jobs/sync.h"
#include "jobs/watch.h"
#include "simulated_clock.h"
#include "simulated_world.h"

namespace {

using namespace claude_auth;

int run(Context& context, std::string_view job, bool from_stdin) {
  if (job == "watch") return watch(context);
  if (job == "sync") return sync(context);
  if (job == "backup")
    return backup(context, from_stdin ? BackupSource::standard_input : BackupSource::file);
  ReplyWriter reply(STDOUT_FILENO);
  return login(context, {}, reply);
}

}  // namespace

int main(int argc, char** argv) {
  const char* const home = std::getenv("HOME");
  const char* const world = std::getenv(testing::kWorldVariable);
  if (argc < 2 || home == nullptr || world == nullptr || !guard_process()) return 2;
  ::signal(SIGPIPE, SIG_IGN);
  const testing::SimulatedClock clock(testing::clock_file(world));
  const UserId user{.uid = ::getuid(), .name = "made-up-user", .home = home};
  const Paths paths = paths_for(user, no_environment()).value();
  Config config;
  config.host_name = "made-up-host";
  config.claude_path = SIMULATED_CLAUDE;
  Context context{.user = user,
                  .paths = paths,
                  .config = config,
                  .environment = process_environment(),
                  .clock = clock,
                  .log = StatusLog(paths.log, user.name, clock, Audience::log_only),
                  .warnings = {}};
  return run(context, argv[1], argc > 2 && std::string_view(argv[2]) == "--from-stdin");
}
