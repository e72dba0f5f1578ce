#include "jobs/status.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/errors.h"
#include "base/time_text.h"
#include "claude/oauth_env.h"
#include "claude/shadows.h"
#include "decide/expiry.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/person.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"

namespace claude_auth {
namespace {

void row(const char* name, const std::string& value) {
  std::printf("%-12s %s\n", name, value.c_str());
}

std::string describe_login(const Observation& seen, Instant now) {
  std::string text = name_of(seen.login);
  if (!seen.file.problem.empty()) return text + ": " + seen.file.problem;
  if (!seen.generation) return text;
  const Instant expires{Millis(seen.generation->expires_at_ms)};
  text += expires > now
              ? ", access token ends " + until(expires, now)
              : ", access token ended " + until(expires, now) + " (Claude refreshes it by itself)";
  if (const auto ends = refresh_token_expires_at_ms(*seen.file.login()))
    text += ", login ends " + until(Instant(Millis(*ends)), now);
  return text;
}

std::string describe_backup(const Context& context, const Document& document, Instant now) {
  switch (document.login_state()) {
    case RestoreSituation::Document::none:
      return "none";
    case RestoreSituation::Document::not_valid:
      return "not a valid login";
    case RestoreSituation::Document::valid:
      break;
  }
  std::string text = "valid";
  if (const auto at = document.backed_up_at()) text += ", written " + until(*at, now);
  if (document.is_of_other_host(context.config.host_name))
    text += ", by another host: " + printable(document.backed_up_by());
  return text;
}

std::string describe_token(const Document& document, const Stamps& stamps, Instant now) {
  if (document.setup_token().empty()) return "none";
  if (!is_setup_token(document.setup_token())) return "in the store, but of no token's shape";
  const std::string fingerprint = token_fingerprint(document.setup_token());
  if (stamps.rejected_setup_tokens.contains(fingerprint)) return "rejected by Claude";
  std::string text =
      stamps.accepted_setup_tokens.contains(fingerprint) ? "in force" : "in force, not tried yet";
  if (const auto stored = document.setup_token_stored_at())
    text += ", its year ends " + until(*stored + kSetupTokenLife, now);
  return text;
}

std::string describe_store(const Context& context) {
  if (context.config.store == StoreKind::local) return "local, " + context.paths.local_store;
  return "vault, " + context.config.vault.address + ", " + context.config.vault.mount + "/" +
         expand_user(context.config.vault.path, context.user.name);
}

int advise(const std::string& what_to_do) {
  row("to do", what_to_do);
  return 1;
}

}  // namespace

int status(Context& context) {
  const Instant now = context.clock.now();
  row("user", context.user.name + " on " + context.config.host_name);
  row("store", describe_store(context));
  for (const std::string& warning : context.warnings) row("warning", warning);
  if (is_paused(context.paths)) row("paused", "yes, until `claude-auth-sync resume`");

  auto stamps = load_stamps(context);
  if (!stamps) return advise(stamps.error());
  const Observation seen = observe(context, stamps->generations);
  // Into this copy only: a wipe that nobody saw before counts for the advice.
  remember(seen, stamps->generations);
  row("login", describe_login(seen, now));
  if (!is_enrolled(context)) {
    row("backup", "none: this user is not enrolled");
    return advise(context.config.store == StoreKind::local
                      ? "`claude-auth-sync backup`, once you are logged in"
                      : "ask the admin to provision " + context.paths.vault_token);
  }

  const Deadline deadline = Deadline::in(kPersonWaits);
  auto opened = open_store(context, *stamps, Retry::configured, Verify::when_due, deadline);
  if (!opened) return advise(opened.error().sentence);
  const auto stored = opened->store->read(deadline);
  if (!stored) return advise(stored.error().sentence);
  const Document document(*stored);
  row("backup", describe_backup(context, document, now));
  row("setup token", describe_token(document, *stamps, now));
  const LoginMode mode =
      setup_token_in_force(document, *stamps) ? LoginMode::setup_token : LoginMode::oauth;
  for (const Shadow& shadow :
       find_shadows(context.user, context.paths, context.environment, mode, kManagedSettings))
    row("beware", shadow.what + ": " + shadow.remedy);

  int exit_status = 0;
  if (mode == LoginMode::oauth && !document.setup_token().empty())
    exit_status = advise("`claude setup-token`, then `claude-auth-sync setup-token set`");
  if (mode == LoginMode::setup_token || seen.login == LocalLogin::valid ||
      seen.login == LocalLogin::logged_out)
    return exit_status;
  if (seen.login == LocalLogin::unreadable) return advise(seen.file.problem);
  const RestorePlan plan(context, document, {.by = RestoreSituation::By::person});
  return advise(plan.decide(seen, stamps->generations) == RestoreVerdict::restore
                    ? "`claude-auth-sync restore` (the next login does it as well)"
                    : "`" + context.config.login_command + "`");
}

}  // namespace claude_auth
