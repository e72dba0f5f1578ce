#include "jobs/setup_token.h"

#include <optional>

#include "claude/live_probe.h"
#include "claude/oauth_env.h"
#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/open_store.h"
#include "jobs/pause.h"
#include "jobs/person.h"
#include "jobs/prompt.h"
#include "jobs/stamps.h"
#include "store/merge.h"

namespace claude_auth {
namespace {

// Nothing: the token may be stored. Else the exit status.
std::optional<int> try_token(Context& context, const Secret& token) {
  const std::string claude =
      find_claude(context.config.claude_path, context.user, context.environment);
  if (claude.empty()) {
    context.warnings.emplace_back("no `claude` found to try the token: taken on your word");
    return std::nullopt;
  }
  const ProbeResult result = probe_token_twice(claude, token, context.user, context.environment);
  switch (result.verdict) {
    case ProbeVerdict::accepted:
      return std::nullopt;
    case ProbeVerdict::rejected:
      break;
    case ProbeVerdict::unchecked:
    case ProbeVerdict::no_client:
      return context.finish(Status::fail, "the setup token could not be checked (" + result.reason +
                                              "): try again, or add --no-check");
  }
  const std::string fingerprint = token_fingerprint(token.view());
  const auto stamped = update_stamps(context, Deadline::in(kPersonWaits), [&](Stamps& stamps) {
    stamps.rejected_setup_tokens.add(fingerprint);
    stamps.accepted_setup_tokens.remove(fingerprint);
  });
  if (!stamped) context.warnings.push_back(stamped.error().sentence);
  // The very token that sessions have: it is not in force any more.
  const auto here = read_oauth_env(context.paths.token_env, context.user.uid);
  if (here && here->same_as(token))
    if (auto removed = remove_token_env(context, Deadline::in(kPersonWaits)); !removed)
      context.warnings.push_back(removed.error().sentence);
  return context.finish(Status::fail, "Claude rejects this setup token (" + result.reason +
                                          "): not stored; make a new one with "
                                          "`claude setup-token`");
}

}  // namespace

int set_setup_token(Context& context, TokenCheck check) {
  if (is_paused(context.paths)) return context.finish(Status::skip, kPausedReason);
  auto token = read_secret("Setup token (sk-ant-oat01-…, not shown): ");
  if (!token) return context.finish(Status::fail, token.error());
  if (!is_setup_token(token->view())) return context.finish(Status::fail, kNoSetupToken);
  if (check == TokenCheck::try_it)
    if (const auto ended = try_token(context, *token)) return *ended;
  // The store may take its time.
  wipe_stack();

  const Deadline deadline = Deadline::in(kPersonWaits);
  auto stamps = load_stamps(context);
  if (!stamps) return context.finish(Status::fail, stamps.error());
  auto opened = open_store(context, *stamps, Retry::configured, Verify::when_due, deadline);
  if (!opened) return context.finish(Status::fail, opened.error().sentence);

  const Instant now = context.clock.now();
  std::optional<Instant> stored_at;
  const auto merged = merge(
      *opened->store,
      [&](const StoredDocument& stored) -> Json {
        Json fields = with_setup_token(stored, *token, now);
        stored_at = fields ? now : Document(stored).setup_token_stored_at();
        return fields;
      },
      deadline);
  pass_on_warning(*opened, context);
  if (!merged) return context.finish(Status::fail, merged.error().sentence);

  const std::string fingerprint = token_fingerprint(token->view());
  const auto stamped = update_stamps(context, deadline, [&](Stamps& after) {
    stamp_verified(*opened, after, now);
    after.accepted_setup_tokens.add(fingerprint);
    after.rejected_setup_tokens.remove(fingerprint);
    after.setup_token_stored_at = stored_at;
    // The next login looks for itself whether the env file holds the token.
    after.store_read_at.reset();
    after.store_retry_at.reset();
  });
  if (!stamped) return context.finish(Status::fail, stamped.error().sentence);
  if (auto written = write_token_env(context, *token, deadline); !written)
    return context.finish(Status::fail, "stored, but " + written.error().sentence);
  return context.finish(Status::ok, "setup token stored: new sessions have it");
}

int remove_setup_token(Context& context) {
  if (is_paused(context.paths)) return context.finish(Status::skip, kPausedReason);
  const Deadline deadline = Deadline::in(kPersonWaits);
  auto stamps = load_stamps(context);
  if (!stamps) return context.finish(Status::fail, stamps.error());
  auto opened = open_store(context, *stamps, Retry::configured, Verify::when_due, deadline);
  if (!opened) return context.finish(Status::fail, opened.error().sentence);
  const auto merged = merge(
      *opened->store, [](const StoredDocument& stored) { return without_setup_token(stored); },
      deadline);
  pass_on_warning(*opened, context);
  if (!merged) return context.finish(Status::fail, merged.error().sentence);

  const auto stamped = update_stamps(context, deadline, [&](Stamps& after) {
    stamp_verified(*opened, after, context.clock.now());
    after.setup_token_stored_at.reset();
    // Should the env file stay, the next login takes it away.
    after.store_read_at.reset();
  });
  if (!stamped) return context.finish(Status::fail, stamped.error().sentence);
  if (auto removed = remove_token_env(context, deadline); !removed)
    return context.finish(Status::fail, "removed from the store, but " + removed.error().sentence);
  return context.finish(Status::ok, *merged == Merged::written
                                        ? "setup token removed; sessions that run keep theirs"
                                        : "there was no setup token");
}

}  // namespace claude_auth
