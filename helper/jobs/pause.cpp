#include "jobs/pause.h"

#include "base/secure_file.h"
#include "jobs/person.h"
#include "jobs/stamps.h"

namespace claude_auth {

namespace {

// The lock is given back before the end of the job is written down, which takes it too.
std::expected<void, std::string> mark_as_paused(const Context& context) {
  const auto lock = ChangeLock::acquire(context, Deadline::in(kPersonWaits));
  if (!lock) return std::unexpected(lock.error().sentence);
  remove_leftovers(context.paths.paused);
  const std::string since = iso8601(context.clock.now()) + "\n";
  if (auto written = replace_file(context.paths.paused, since, Durability::durable); !written)
    return std::unexpected(written.error().sentence());
  return {};
}

}  // namespace

int pause(Context& context) {
  if (is_paused(context.paths)) return context.finish(Status::ok, "paused already");
  if (auto marked = mark_as_paused(context); !marked)
    return context.finish(Status::fail, marked.error());
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
