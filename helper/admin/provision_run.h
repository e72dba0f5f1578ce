// What the parts of one run of the admin's over its users share.
#pragma once

#include <optional>
#include <string>

#include "admin/admin_context.h"
#include "admin/records.h"
#include "admin/user_programs.h"
#include "admin/vault_session.h"

namespace claude_auth {

/// Whether what a run says is done.
enum class Doing { it, nothing };

struct ProvisionRun {
  AdminContext& context;
  VaultSession vault;
  UserPrograms programs;
  std::optional<Records> records;  ///< always there, but in a dry run
  std::string token_role;          ///< empty: auth/token/create-orphan
  Doing doing = Doing::it;
};

/// The lock on the records is waited for so long.
inline constexpr Millis kRecordsPatience{60'000};

}  // namespace claude_auth
