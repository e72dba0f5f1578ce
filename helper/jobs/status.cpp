#include "jobs/status.h"

#include <cstdio>
#include <string>

#include "base/errors.h"
#include "base/time_text.h"
#include "jobs/observe.h"
#include "jobs/status_json.h"

namespace claude_auth {
namespace {

void row(const char* name, const std::string& value) {
  std::printf("%-12s %s\n", name, value.c_str());
}

std::string describe(const LoginFacts& login, Instant now) {
  std::string text = name_of(login.state);
  if (!login.problem.empty()) return text + ": " + login.problem;
  if (const auto expires = login.access_token_expires_at)
    text += *expires > now ? ", access token ends " + until(*expires, now)
                           : ", access token ended " + until(*expires, now) +
                                 " (Claude refreshes it by itself)";
  if (const auto ends = login.login_expires_at) text += ", login ends " + until(*ends, now);
  return text;
}

std::string describe(const BackupFacts& backup, Instant now) {
  switch (backup.state) {
    case RestoreSituation::Document::none:
      return "none";
    case RestoreSituation::Document::not_valid:
      return "not a valid login";
    case RestoreSituation::Document::valid:
      break;
  }
  std::string text = "valid";
  if (backup.at) text += ", written " + until(*backup.at, now);
  if (backup.other_host) text += ", by another host: " + printable(backup.by);
  return text;
}

std::string describe(const SetupTokenFacts& token, Instant now) {
  std::string text = "in force";
  switch (token.state) {
    case SetupTokenState::none:
      return "none";
    case SetupTokenState::malformed:
      return "in the store, but of no token's shape";
    case SetupTokenState::rejected:
      return "rejected by Claude";
    case SetupTokenState::untried:
      text += ", not tried yet";
      break;
    case SetupTokenState::in_force:
      break;
  }
  if (token.expires_at) text += ", its year ends " + until(*token.expires_at, now);
  return text;
}

std::string describe(const VaultTokenReport& token, Instant now) {
  std::string text = name_of(token.state);
  if (const auto end = end_of(token, now)) text += ", ends " + until(*end, now);
  return text;
}

void show_last(const LastStatus& last, Instant now) {
  if (last.line)
    row("last result",
        last.line->word + ' ' + last.line->reason + ", " + until(last.line->at, now));
  if (last.last_success_at) row("last success", until(*last.last_success_at, now));
  if (last.heals != 0) row("healed", count_of(last.heals, "time"));
  if (last.restores != 0) row("restored", count_of(last.restores, "time"));
}

void show(const StatusReport& report) {
  row("user", report.user + " on " + report.host);
  row("store", (report.store == StoreKind::vault ? "vault, " : "local, ") + report.store_place);
  for (const std::string& warning : report.warnings) row("warning", warning);
  if (report.paused) row("paused", "yes, until `claude-auth-sync resume`");
  if (report.login) row("login", describe(*report.login, report.now));
  if (!report.enrolled)
    row("backup", "none: this user is not enrolled");
  else if (report.backup)
    row("backup", describe(*report.backup, report.now));
  if (report.setup_token) row("setup token", describe(*report.setup_token, report.now));
  if (report.vault_token) row("vault token", describe(*report.vault_token, report.now));
  show_last(report.last, report.now);
  for (const Shadow& shadow : report.shadows) row("beware", shadow.what + ": " + shadow.remedy);
  for (const std::string& sentence : report.to_do) row("to do", sentence);
}

}  // namespace

int status(const Context& context, Reach reach) {
  const StatusReport report = gather_status(context, reach);
  show(report);
  return report.to_do.empty() ? 0 : 1;
}

int print_status_json(const StatusReport& report) {
  std::puts(dump(status_as_json(report).get()).c_str());
  return report.problem.empty() ? 0 : 1;
}

}  // namespace claude_auth
