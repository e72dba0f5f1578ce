// Whether the users of a roster have what they should have: accounts, units, policies of their
// own, and nothing that is another one's.
#pragma once

#include <vector>

#include "admin/admin_context.h"
#include "admin/document_facts.h"
#include "admin/roster.h"
#include "jobs/finding.h"

namespace claude_auth {

/// Accounts and units: those of managed users on, of the others off.
[[nodiscard]] Findings check_accounts(Host& host, const std::vector<RosterUser>& users);

/// The policies of `users` in Vault, as provision would write them. Needs: `store = vault`, a
/// token.
[[nodiscard]] Findings check_policies(const AdminContext& context,
                                      const std::vector<std::string>& users);

/// Setup tokens and accounts that several of `users` share. Needs: `store = vault`, a token.
[[nodiscard]] Findings check_shared(const AdminContext& context,
                                    const std::vector<std::string>& users);

/// What shared ones mean. Pure.
[[nodiscard]] Findings judge_shared(const std::vector<Shared>& shared);

}  // namespace claude_auth
