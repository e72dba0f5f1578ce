#include "admin/revocation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "decide/token_decision.h"
#include "vault/mint.h"

namespace claude_auth {

std::expected<NamedToken, std::string> ask_about(VaultSession& vault, const VaultSettings& settings,
                                                 const std::string& user,
                                                 const std::string& accessor) {
  const auto facts = vault.ask(
      [&](VaultApi& api, Deadline deadline) { return look_up_accessor(api, accessor, deadline); });
  if (!facts) return std::unexpected(facts.error());
  if (!*facts) return NamedToken::gone;
  const ExpectedToken expected{.display_name = expand_user(settings.token_display_name, user),
                               .policy = expand_user(settings.token_policy, user)};
  return decide_token(**facts, expected) == TokenDecision::ours ? NamedToken::own
                                                                : NamedToken::of_another;
}

void make_current(TokenRecord& record, const std::string& accessor) {
  for (std::string* const before : {&record.accessor, &record.pending}) {
    if (!before->empty()) record.replaced.push_back(*before);
    before->clear();
  }
  record.accessor = accessor;
  std::erase(record.replaced, accessor);
}

int revoke_replaced(VaultSession& vault, const VaultSettings& settings, const std::string& user,
                    Doing doing, TokenRecord& record, UserLine& line) {
  int revoked = 0;
  std::vector<std::string> kept;
  const auto revoke = [&](const std::string& accessor) -> std::expected<void, std::string> {
    if (doing == Doing::nothing) return {};
    return vault.ask(
        [&](VaultApi& api, Deadline deadline) { return revoke_accessor(api, accessor, deadline); });
  };
  for (const std::string& accessor : std::exchange(record.replaced, {})) {
    const auto whose = ask_about(vault, settings, user, accessor);
    if (!whose) {
      line.failed("old token not revoked: " + whose.error());
      kept.push_back(accessor);
    } else if (*whose == NamedToken::of_another) {
      line.warn("an old token of the record is not " + user + "'s: not revoked");
    } else if (*whose == NamedToken::own) {
      const auto done = revoke(accessor);
      if (done) {
        ++revoked;
      } else {
        line.failed("old token not revoked: " + done.error());
        kept.push_back(accessor);
      }
    }
  }
  record.replaced = std::move(kept);
  return revoked;
}

}  // namespace claude_auth
