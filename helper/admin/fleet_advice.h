// What is to do about a user, in words: the reason, and the exact command. Pure.
#pragma once

#include <string>

#include "admin/fleet_row.h"

namespace claude_auth {

/// The words of `row.step`.
[[nodiscard]] Advice advice_for(const FleetRow& row, const UserSight& sight,
                                const FleetSetting& setting);

}  // namespace claude_auth
