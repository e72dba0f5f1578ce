#include "jobs/status_json.h"

#include "decide/login_words.h"

namespace claude_auth {
namespace {

constexpr std::int64_t kFormat = 1;

void set_object(json_t* object, const char* key, Json value) {
  json_object_set_new(object, key, value.release());
}

Json object_with_state(const char* state) {
  Json object = new_object();
  set_string(object.get(), "state", state);
  return object;
}

const char* name_of(RestoreSituation::Document state) {
  switch (state) {
    case RestoreSituation::Document::none:
      return "none";
    case RestoreSituation::Document::not_valid:
      return "not_valid";
    case RestoreSituation::Document::valid:
      break;
  }
  return "valid";
}

const char* name_of(SetupTokenState state) {
  switch (state) {
    case SetupTokenState::none:
      return "none";
    case SetupTokenState::in_force:
      return "in_force";
    case SetupTokenState::untried:
      return "untried";
    case SetupTokenState::rejected:
      return "rejected";
    case SetupTokenState::malformed:
      break;
  }
  return "malformed";
}

Json login_of(const LoginFacts& login) {
  Json object = object_with_state(word_of(login.state));
  set_printable(object.get(), "problem", login.problem);
  set_seconds(object.get(), "access_token_expires_at", login.access_token_expires_at);
  set_seconds(object.get(), "login_expires_at", login.login_expires_at);
  if (login.state == LocalLogin::valid) set_flag(object.get(), "rejected", login.rejected);
  return object;
}

Json backup_of(const std::optional<BackupFacts>& backup) {
  if (!backup) return object_with_state("unknown");
  Json object = object_with_state(name_of(backup->state));
  set_seconds(object.get(), "at", backup->at);
  set_printable(object.get(), "by", backup->by);
  if (backup->state != RestoreSituation::Document::none)
    set_flag(object.get(), "other_host", backup->other_host);
  return object;
}

Json setup_token_of(const std::optional<SetupTokenFacts>& token) {
  Json object = object_with_state(token ? name_of(token->state) : "unknown");
  if (token) set_seconds(object.get(), "expires_at", token->expires_at);
  return object;
}

Json vault_token_of(const VaultTokenReport& token, Instant now) {
  Json object = object_with_state(name_of(token.state));
  set_printable(object.get(), "problem", token.problem);
  set_seconds(object.get(), "expires_at", end_of(token, now));
  return object;
}

Json last_of(const LastStatus::Line& line) {
  Json object = new_object();
  set_printable(object.get(), "status", line.word);
  set_printable(object.get(), "reason", line.reason);
  set_seconds(object.get(), "at", line.at);
  return object;
}

// What outranks the login is a warning like any other here.
Json warnings_of(const StatusReport& report) {
  Json list(json_array());
  for (const std::string& warning : report.warnings) append_printable(list.get(), warning);
  for (const Shadow& shadow : report.shadows)
    append_printable(list.get(), shadow.what + ": " + shadow.remedy);
  return list;
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

void set_store_and_login(json_t* object, const StatusReport& report) {
  if (!report.store) return;
  set_printable(object, "host", report.host);
  set_string(object, "store", *report.store == StoreKind::vault ? "vault" : "local");
  set_flag(object, "enrolled", report.enrolled);
  if (!report.login) return;
  set_string(object, "mode", report.mode == LoginMode::setup_token ? "setup_token" : "oauth");
  set_object(object, "login", login_of(*report.login));
  set_object(object, "backup", backup_of(report.backup));
  set_object(object, "setup_token", setup_token_of(report.setup_token));
  if (report.vault_token)
    set_object(object, "vault_token", vault_token_of(*report.vault_token, report.now));
}

}  // namespace

Json status_as_json(const StatusReport& report) {
  Json object = new_object();
  set_integer(object.get(), "format", kFormat);
  set_printable(object.get(), "user", report.user);
  set_flag(object.get(), "paused", report.paused);
  set_printable(object.get(), "problem", report.problem);
  set_store_and_login(object.get(), report);
  if (report.last.line) set_object(object.get(), "last", last_of(*report.last.line));
  set_seconds(object.get(), "last_success_at", report.last.last_success_at);
  set_integer(object.get(), "heals", report.last.heals);
  set_integer(object.get(), "restores", report.last.restores);
  set_object(object.get(), "warnings", warnings_of(report));
  set_printable(object.get(), "to_do", joined(report.to_do));
  return object;
}

}  // namespace claude_auth
