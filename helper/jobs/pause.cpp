#include "jobs/pause.h"

#include "base/secure_file.h"

namespace claude_auth {

int pause(Context& context) {
  if (is_paused(context.paths)) return context.finish(Status::ok, "paused already");
  if (auto made = make_directories(context.paths.state_dir, 0700); !made)
    return context.finish(Status::fail, made.error().sentence());
  const std::string since = iso8601(context.clock.now()) + "\n";
  if (auto written = replace_file(context.paths.paused, since, Durability::durable); !written)
    return context.finish(Status::fail, written.error().sentence());
  return context.finish(Status::ok,
                        "paused: nothing is restored, backed up or exported until "
                        "`claude-auth-sync resume`");
}

int resume(Context& context) {
  if (!is_paused(context.paths)) return context.finish(Status::ok, "was not paused");
  if (auto removed = remove_file(context.paths.paused); !removed)
    return context.finish(Status::fail, removed.error().sentence());
  return context.finish(Status::ok, "resumed");
}

}  // namespace claude_auth
