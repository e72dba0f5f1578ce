#include "jobs/backup.h"

#include <unistd.h>

#include <utility>

#include "base/secret.h"
#include "decide/backup_decision.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/pause.h"
#include "jobs/person.h"
#include "jobs/stamps.h"
#include "store/merge.h"

namespace claude_auth {
namespace {

constexpr std::chrono::hours kStampLasts{24};

// No access token lives as long: where one is said to, a clock was wrong, and the end says nothing.
constexpr std::chrono::days kNoTokenLives{30};

DocumentLogin document_login(const Document& document, const Generation& local,
                             const GenerationHistory& history, Instant now) {
  switch (document.login_state()) {
    case RestoreSituation::Document::none:
      return DocumentLogin::none;
    case RestoreSituation::Document::not_valid:
      return DocumentLogin::not_valid;
    case RestoreSituation::Document::valid:
      break;
  }
  Generation stored = *document.generation();
  if (Instant(Millis(stored.expires_at_ms)) - now > kNoTokenLives) stored.expires_at_ms = 0;
  switch (history.age(stored, local)) {
    case Age::same:
      return DocumentLogin::same;
    case Age::older:
      return DocumentLogin::older;
    case Age::newer:
      break;
  }
  return DocumentLogin::newer;
}

// Null where it is no valid login.
Json login_from_standard_input() {
  // Straight to where it is wiped: one byte more than it may be, so that too much of it shows.
  std::string text(kMaxCredentials + 1, '\0');
  std::size_t length = 0;
  for (ssize_t got = 0;
       (got = ::read(STDIN_FILENO, text.data() + length, text.size() - length)) > 0;)
    length += static_cast<std::size_t>(got);
  text.resize(length);
  auto login = parse_object(text);
  wipe(text);
  const bool valid =
      length <= kMaxCredentials && login && shape_of(login->get()) == LoginShape::valid;
  return valid ? std::move(*login) : nullptr;
}

std::string why_not(const Observation& seen) {
  std::string text =
      std::string("only a valid login is backed up, and this one is ") + name_of(seen.login);
  if (!seen.file.problem.empty()) text += ": " + seen.file.problem;
  return text;
}

Outcome outcome_of(BackupVerdict verdict) {
  switch (verdict) {
    case BackupVerdict::leave_setup_token:
      return {Status::skip, "a setup token is in force: the rotating login is not backed up"};
    case BackupVerdict::leave_newer:
      return {
          Status::warn,
          "the store has a newer login than the one here, which is a stale copy: not backed up"};
    case BackupVerdict::write:
    case BackupVerdict::refresh_stamp:
    case BackupVerdict::leave_unchanged:
      break;
  }
  return {Status::ok, "login unchanged since its backup"};
}

}  // namespace

Outcome back_up(Context& context, Store& store, const Stamps& stamps, const json_t& login,
                Deadline deadline, const StoredDocument* known) {
  const Generation generation = generation_of(login);
  BackupVerdict verdict = BackupVerdict::leave_unchanged;
  std::string other_host;
  const auto change = [&](const StoredDocument& stored) -> Json {
    const Document document(stored);
    const Instant now = context.clock.now();
    const auto stamped = document.backed_up_at();
    verdict =
        decide_backup({.setup_token_in_force = setup_token_in_force(document, stamps),
                       .document = document_login(document, generation, stamps.generations, now),
                       .stamp_is_a_day_old = !stamped || now - *stamped >= kStampLasts});
    if (document.is_of_other_host(context.config.host_name)) other_host = document.backed_up_by();
    if (verdict == BackupVerdict::write)
      return with_backup(stored, login, context.config.host_name, now);
    if (verdict == BackupVerdict::refresh_stamp) return with_backup_time(stored, now);
    return nullptr;
  };
  const auto merged = merge(store, change, deadline, known);
  if (!merged) return {Status::fail, merged.error().sentence};
  if (*merged == Merged::left) return outcome_of(verdict);
  if (!other_host.empty())
    context.warnings.push_back("the store had the login of host " + other_host +
                               ": one store path is for one host; use setup tokens for several");
  return {Status::ok, "login backed up"};
}

int backup(Context& context, BackupSource source) {
  context.job = Job::backup;
  const Deadline deadline = Deadline::in(kPersonWaits);
  if (is_paused(context.paths)) return context.finish(Status::skip, kPausedReason);
  auto stamps = load_stamps(context);
  if (!stamps) return context.finish(Status::fail, stamps.error());
  Observation seen = observe(context, stamps->generations);
  auto stamped = update_stamps(context, deadline, [&](Stamps& now) {
    remember_if_still_here(context, seen, now.generations);
  });
  if (!stamped) return context.finish(Status::fail, stamped.error().sentence);
  Json piped;
  if (source == BackupSource::standard_input) {
    // The one in the file need not lie about while the store is asked.
    seen.file.root.reset();
    piped = login_from_standard_input();
    if (!piped)
      return context.finish(Status::fail, "standard input: no valid claudeAiOauth object");
  } else if (!seen.generation) {
    return context.finish(Status::fail, why_not(seen));
  }

  auto opened = open_store(context, *stamped, Retry::configured, Verify::when_due, deadline);
  if (!opened) return context.finish(Status::fail, opened.error().sentence);
  stamped = update_stamps(context, deadline,
                          [&](Stamps& now) { stamp_verified(*opened, now, context.clock.now()); });
  if (!stamped) return context.finish(Status::fail, stamped.error().sentence);
  const json_t& login = piped ? *piped : *seen.file.login();
  const Outcome outcome = back_up(context, *opened->store, *stamped, login, deadline);
  pass_on_warning(*opened, context);
  return context.finish(outcome.status, outcome.reason);
}

}  // namespace claude_auth
