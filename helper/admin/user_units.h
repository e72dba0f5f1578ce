// One user's units, on or off as the roster wants them.
#pragma once

#include <string>

#include "admin/host.h"
#include "admin/provision_run.h"
#include "admin/user_line.h"

namespace claude_auth {

enum class Units { wanted, unwanted };

/// Enables or disables them where they are not as wanted, and says so. False on a host without
/// systemd, where there are none.
bool set_units(Host& host, const std::string& user, Units units, Doing doing, UserLine& line);

}  // namespace claude_auth
