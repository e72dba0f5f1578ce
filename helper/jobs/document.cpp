#include "jobs/document.h"

#include <time.h>

#include <cstring>

#include "claude/credentials.h"
#include "claude/oauth_env.h"

namespace claude_auth {
namespace {

constexpr const char* kLogin = "claude_ai_oauth_json";
constexpr const char* kExpires = "credential_expires_at_ms";
constexpr const char* kBackedUpAt = "backed_up_at";
constexpr const char* kBackedUpBy = "backed_up_by";
constexpr const char* kSetupToken = "setup_token";
constexpr const char* kSetupTokenStoredAt = "setup_token_stored_at";

// "2026-11-21T18:40:37Z", with or without a fraction, with any or no offset: other tools may have
// written it. strptime(3) of glibc reads the offset.
std::optional<Instant> parse_iso8601(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  if (*rest == '.') rest += 1 + std::strspn(rest + 1, "0123456789");
  if (*rest != '\0') rest = ::strptime(rest, "%z", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(parts.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
                                        std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
  if (!day.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(day)) + std::chrono::hours(parts.tm_hour) +
         std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec - parts.tm_gmtoff);
}

std::optional<Instant> time_member(const json_t* fields, const char* key) {
  const auto text = string_member(fields, key);
  return text ? parse_iso8601(std::string(*text)) : std::nullopt;
}

Json copy_of_fields(const StoredDocument& stored) {
  return stored.fields ? deep_copy(stored.fields.get()) : new_object();
}

}  // namespace

Document::Document(const StoredDocument& stored) : fields_(stored.fields.get()) {
  if (json_object_get(fields_, kLogin) == nullptr) return;
  login_state_ = RestoreSituation::Document::not_valid;
  const auto login = parse_object(string_member(fields_, kLogin).value_or(""));
  if (!login || shape_of(login->get()) != LoginShape::valid) return;
  login_state_ = RestoreSituation::Document::valid;
  generation_ = generation_of(**login);
}

Json Document::login() const {
  if (!generation_) return nullptr;
  return parse_object(string_member(fields_, kLogin).value_or("")).value_or(nullptr);
}

std::string_view Document::setup_token() const {
  return string_member(fields_, kSetupToken).value_or("");
}

std::optional<Instant> Document::setup_token_stored_at() const {
  return time_member(fields_, kSetupTokenStoredAt);
}

std::string_view Document::backed_up_by() const {
  return string_member(fields_, kBackedUpBy).value_or("");
}

std::optional<Instant> Document::backed_up_at() const {
  return time_member(fields_, kBackedUpAt);
}

bool Document::is_of_other_host(const std::string& host) const {
  return !backed_up_by().empty() && backed_up_by() != host;
}

bool setup_token_in_force(const Document& document, const Stamps& stamps) {
  return is_setup_token(document.setup_token()) &&
         !stamps.rejected_setup_tokens.contains(token_fingerprint(document.setup_token()));
}

Json with_backup(const StoredDocument& stored, const json_t& login, const std::string& host,
                 Instant now) {
  Json fields = with_backup_time(stored, now);
  set_string(fields.get(), kLogin, dump(&login));
  set_string(fields.get(), kExpires, std::to_string(generation_of(login).expires_at_ms));
  set_string(fields.get(), kBackedUpBy, host);
  return fields;
}

Json with_backup_time(const StoredDocument& stored, Instant now) {
  Json fields = copy_of_fields(stored);
  set_string(fields.get(), kBackedUpAt, iso8601(now));
  return fields;
}

Json with_setup_token(const StoredDocument& stored, const Secret& token, Instant now) {
  const Document document(stored);
  if (document.setup_token() == token.view() && document.setup_token_stored_at()) return nullptr;
  Json fields = with_setup_token_date(stored, now);
  set_string(fields.get(), kSetupToken, token.view());
  return fields;
}

Json with_setup_token_date(const StoredDocument& stored, Instant now) {
  Json fields = copy_of_fields(stored);
  set_string(fields.get(), kSetupTokenStoredAt, iso8601(now));
  return fields;
}

Json without_setup_token(const StoredDocument& stored) {
  if (json_object_get(stored.fields.get(), kSetupToken) == nullptr) return nullptr;
  Json fields = copy_of_fields(stored);
  json_object_del(fields.get(), kSetupToken);
  json_object_del(fields.get(), kSetupTokenStoredAt);
  return fields;
}

}  // namespace claude_auth
