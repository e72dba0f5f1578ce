// One user's scoped token: checked, minted, delivered by a process of his own, recorded.
#pragma once

#include "admin/provision_run.h"
#include "admin/token_report.h"
#include "admin/user_line.h"

namespace claude_auth {

/// Asks `user`'s own program what lies in his token file.
[[nodiscard]] TokenReport check_user_token(UserPrograms& programs, const HostUser& user);

/// Makes `user` have a token of his own, and the records know it. A run that dies in the middle
/// leaves a record from which the next one goes on:
///
///   minted      `pending` names the new token; a next run revokes it if it was not delivered
///   delivered   a next run finds it in the user's file and makes it current
///   current     `replaced` names the one before; a next run revokes it
///
/// Only a death within the few milliseconds between the server's reply and the first of these
/// leaves a token that nobody knows of, for its period.
///
/// Whether there is a token file then, which is what enrols a user.
bool provision_token(ProvisionRun& run, const HostUser& user, UserLine& line);

}  // namespace claude_auth
