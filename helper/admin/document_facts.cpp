#include "admin/document_facts.h"

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "claude/credentials.h"
#include "claude/oauth_env.h"
#include "decide/expiry.h"
#include "jobs/document.h"

namespace claude_auth {
namespace {

BackupSeen backup_in(const Document& document, const std::string& host, bool shared_login) {
  switch (document.login_state()) {
    case RestoreSituation::Document::none:
      return BackupSeen::none;
    case RestoreSituation::Document::not_valid:
      return BackupSeen::not_valid;
    case RestoreSituation::Document::valid:
      break;
  }
  const bool foreign = document.is_of_other_host(host) && !shared_login;
  return foreign ? BackupSeen::other_host : BackupSeen::valid;
}

void add_login(const json_t& login, DocumentFacts& facts) {
  if (const auto ends = refresh_token_expires_at_ms(login))
    facts.login_expires = Instant(Millis(*ends));
  const auto account = string_member(&login, "accountUuid").value_or("");
  if (!account.empty()) facts.account_hash = token_fingerprint(account);
}

void add_setup_token(const Document& document, DocumentFacts& facts) {
  const std::string_view token = document.setup_token();
  if (token.empty()) return;
  facts.setup_token_hash = token_fingerprint(token);
  facts.setup_token = is_setup_token(token) ? SetupTokenSeen::in_force : SetupTokenSeen::malformed;
  if (const auto stored = document.setup_token_stored_at())
    facts.setup_token_expires = *stored + kSetupTokenLife;
}

std::vector<Shared> groups_of(std::span<const Holder> holders, std::string Holder::* hash,
                              Shareable what) {
  std::map<std::string_view, std::vector<std::string>> users_by_hash;
  for (const Holder& holder : holders)
    if (!(holder.*hash).empty()) users_by_hash[holder.*hash].push_back(holder.user);
  std::vector<Shared> groups;
  for (auto& [unused, users] : users_by_hash)
    if (users.size() > 1) groups.push_back({what, std::move(users)});
  return groups;
}

}  // namespace

DocumentFacts facts_of(const StoredDocument& stored, const std::string& host, bool shared_login) {
  const Document document(stored);
  DocumentFacts facts;
  facts.backup = backup_in(document, host, shared_login);
  facts.backed_up_at = document.backed_up_at();
  facts.backed_up_by = printable(document.backed_up_by(), 64);
  if (const Json login = document.login()) add_login(*login, facts);
  add_setup_token(document, facts);
  return facts;
}

std::vector<Shared> find_shared(std::span<const Holder> holders) {
  std::vector<Shared> found = groups_of(holders, &Holder::setup_token_hash, Shareable::setup_token);
  std::ranges::move(groups_of(holders, &Holder::account_hash, Shareable::account),
                    std::back_inserter(found));
  return found;
}

}  // namespace claude_auth
