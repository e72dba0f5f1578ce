#include "jobs/restore.h"

#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/pause.h"
#include "jobs/person.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"

namespace claude_auth {

int restore(Context& context, const std::string& from_host) {
  context.job = Job::restore;
  const Deadline deadline = Deadline::in(kPersonWaits);
  if (is_paused(context.paths)) return context.finish(Status::skip, kPausedReason);
  clear_after_the_dead(context);
  auto stamps = load_stamps(context);
  if (!stamps) return context.finish(Status::fail, stamps.error());
  auto opened = open_store(context, *stamps, Retry::configured, Verify::when_due, deadline);
  if (!opened) return context.finish(Status::fail, opened.error().sentence);
  auto stored = opened->store->read(deadline);
  pass_on_warning(*opened, context);
  if (!stored) return context.finish(Status::fail, stored.error().sentence);

  Observation seen;
  const auto stamped = update_stamps(context, deadline, [&](Stamps& now) {
    stamp_verified(*opened, now, context.clock.now());
    seen = observe(context, now.generations);
    // A wipe that nobody saw before counts for the verdict.
    remember(seen, now.generations);
  });
  if (!stamped) return context.finish(Status::fail, stamped.error().sentence);

  const Document document(*stored);
  const RestorePlan plan(context, document,
                         {.by = RestoreSituation::By::person,
                          .setup_token_in_force = setup_token_in_force(document, *stamped),
                          .from_host = from_host});
  const RestoreVerdict verdict = plan.decide(seen, stamped->generations);
  if (verdict == RestoreVerdict::leave_same || verdict == RestoreVerdict::leave_local_lives ||
      verdict == RestoreVerdict::leave_setup_token)
    return context.finish(Status::skip, plan.reason(verdict));
  if (verdict == RestoreVerdict::leave_unreadable)
    return context.finish(Status::fail, seen.file.problem);
  if (verdict != RestoreVerdict::restore)
    return context.finish(Status::fail, "nothing restored: " + plan.reason(verdict) +
                                            "; log in by `" + context.config.login_command + "`");
  const auto replaced = plan.carry_out(deadline);
  if (!replaced) return context.finish(Status::fail, replaced.error().sentence);
  if (*replaced == Replaced::not_wanted)
    return context.finish(Status::skip, "the login changed meanwhile: it stays");
  return context.finish(Status::recovered, plan.story(seen.login));
}

}  // namespace claude_auth
