// jobs/document: the fields of a user's document, whoever wrote them; every foreign key is kept.
#include "jobs/document.h"

#include "admin/document_facts.h"
#include "claude/credentials.h"
#include "fuzz/fuzz.h"

namespace claude_auth {
namespace {

constexpr std::array kOurs = {"claude_ai_oauth_json", "credential_expires_at_ms",
                              "backed_up_at",         "backed_up_by",
                              "setup_token",          "setup_token_stored_at"};
constexpr Instant kNow{std::chrono::seconds(1'800'000'000)};

Json foreign_keys(const json_t* fields) {
  Json foreign = deep_copy(fields);
  for (const char* key : kOurs) json_object_del(foreign.get(), key);
  return foreign;
}

void require_kept(const StoredDocument& stored, const Json& changed) {
  if (!changed) return;
  const Json before = foreign_keys(stored.fields.get());
  fuzz::require(json_equal(foreign_keys(changed.get()).get(), before.get()) == 1,
                "foreign keys are kept");
}

void check_changes(const StoredDocument& stored) {
  const auto login = parse_object(
      R"({"accessToken":"sk-ant-oat01-TEST-a","refreshToken":"sk-ant-ort01-TEST-r","expiresAt":1})");
  const StoredDocument backed_up{with_backup(stored, **login, "host", kNow), 4};
  require_kept(stored, backed_up.fields);
  const Document after(backed_up);
  fuzz::require(json_equal(after.login().get(), login->get()) == 1, "a backup can be restored");
  fuzz::require(!after.is_of_other_host("host"), "and is this host's");
  fuzz::require(after.backed_up_at() == kNow, "and has its time");

  const Secret token = Secret::copy_of("sk-ant-oat01-TEST-setup");
  require_kept(stored, with_setup_token(stored, token, kNow));
  require_kept(stored, with_setup_token_date(stored, kNow));
  require_kept(stored, without_setup_token(stored));
}

}  // namespace

void fuzz::take(std::string_view input) {
  auto fields = parse_object(input);
  if (!fields) return;
  const StoredDocument stored{std::move(*fields), 3};
  const Document document(stored);
  if (const Json login = document.login())
    require(shape_of(login.get()) == LoginShape::valid, "only a valid login is one");
  if (const auto at = document.setup_token_stored_at())
    static_cast<void>(*at + std::chrono::days(365));
  check_changes(stored);
  const DocumentFacts facts = facts_of(stored, "host", false);
  require(is_printable(facts.backed_up_by), "a host's name can be shown");
  require(facts.backup != BackupSeen::valid || document.login() != nullptr, "a backup is a login");
}

}  // namespace claude_auth
