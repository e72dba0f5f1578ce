// Taking a user's tokens back by their accessors, after the server has said that they are his.
#pragma once

#include <expected>
#include <string>

#include "admin/provision_run.h"
#include "admin/records.h"
#include "admin/user_line.h"
#include "admin/vault_session.h"
#include "decide/provision_decision.h"

namespace claude_auth {

/// What the server says of the token behind `accessor`: is it `user`'s own by display name and
/// policy? Error: one sentence.
[[nodiscard]] std::expected<NamedToken, std::string> ask_about(VaultSession& vault,
                                                               const VaultSettings& settings,
                                                               const std::string& user,
                                                               const std::string& accessor);

/// Makes `accessor` the record's current one, or none where it is empty; what was current or
/// pending before is to be revoked.
void make_current(TokenRecord& record, const std::string& accessor);

/// Revokes the record's replaced tokens that are `user`'s own, and takes out of it those, those
/// that are gone and, with a warning, those that are another's. What could not be asked about or
/// revoked stays, and is said in `line`. Returns how many were revoked.
[[nodiscard]] int revoke_replaced(VaultSession& vault, const VaultSettings& settings,
                                  const std::string& user, Doing doing, TokenRecord& record,
                                  UserLine& line);

}  // namespace claude_auth
