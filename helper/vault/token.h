// What a token may ask about itself: look-up and renewal.
#pragma once

#include <expected>

#include "store/token_facts.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// GET auth/token/lookup-self.
[[nodiscard]] std::expected<TokenFacts, StoreError> look_up_self(VaultApi& api, Deadline deadline);

/// POST auth/token/renew-self, without an increment: a periodic token ignores it.
[[nodiscard]] std::expected<Renewal, StoreError> renew_self(VaultApi& api, Deadline deadline);

/// What a reply to lookup-self says. Members that role and batch tokens lack (period, renewable,
/// identity_policies) are not required; display_name, policies, accessor and ttl are. Pure.
[[nodiscard]] std::expected<TokenFacts, StoreError> token_facts_in(const HttpReply& reply);

/// What a reply to renew-self says; `misconfigured` for a token that cannot be renewed. Pure.
[[nodiscard]] std::expected<Renewal, StoreError> renewal_in(const HttpReply& reply);

}  // namespace claude_auth
