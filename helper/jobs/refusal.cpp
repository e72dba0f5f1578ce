#include "jobs/refusal.h"

#include <poll.h>

#include <utility>

#include "base/errors.h"
#include "base/service_notify.h"
#include "jobs/last_status.h"

namespace claude_auth {

void report_refusal(const Identity& identity, const Clock& clock, Audience audience,
                    const std::string& problem) {
  StatusLog(identity.paths.log, identity.user.name, clock, audience).line(Status::fail, problem);
  keep_status(identity.paths, {.status = Status::fail, .reason = problem, .at = clock.now()});
}

bool is_reported_refusal(const Identity& identity, const std::string& problem) {
  const LastStatus last = load_last_status(identity.paths);
  return last.line && last.line->word == word(Status::fail) &&
         last.line->reason == printable(problem, kMaxReason);
}

Context wait_for_configuration(const Identity& identity, const ConfigDirs& dirs, const Clock& clock,
                               Audience audience, std::string problem, Millis look_again) {
  notify_service_manager("READY=1");
  for (;;) {
    ::poll(nullptr, 0, static_cast<int>(look_again.count()));
    auto context = make_context(identity, dirs, clock, audience);
    if (context) return std::move(*context);
    if (context.error() == problem) continue;
    problem = std::move(context.error());
    report_refusal(identity, clock, audience, problem);
  }
}

}  // namespace claude_auth
