// One user's units, on or off as the roster wants them.
#pragma once

#include <functional>
#include <string>

#include "admin/host.h"
#include "admin/provision_run.h"
#include "admin/user_line.h"

namespace claude_auth {

enum class Units { wanted, unwanted };

/// Enables or disables them where they are not as wanted, and says so. A watch that has ended well
/// is started again only if the user is `enrolled`, for which there may be somebody to ask: else it
/// would end at once. False on a host without systemd, where there are no units.
bool set_units(Host& host, const std::string& user, Units units,
               const std::function<bool()>& enrolled, Doing doing, UserLine& line);

/// Does the user's own program say that he is enrolled? Asks nobody else.
[[nodiscard]] bool says_enrolled(UserPrograms& programs, const HostUser& user);

}  // namespace claude_auth
