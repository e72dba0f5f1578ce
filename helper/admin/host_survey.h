// What this host and each user's own part say about the users of a roster.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admin/host.h"
#include "admin/roster.h"
#include "admin/user_report.h"

namespace claude_auth {

/// What the users' own parts may ask.
enum class ReportScope {
  local,        ///< nobody: the admin asks the store himself
  with_network  ///< the store, each with his own token
};

struct HostSight {
  FleetSituation::Account account = FleetSituation::Account::unknown;
  std::optional<UnitsState> units;
  std::optional<UserReport> report;
  std::string problem;  ///< why something of it is missing; printable
};

/// One entry for each of `users`, in their order. Runs claude-auth-sync as those who are to be
/// looked after, a few at once, each within a deadline of its own. Needs root, and a host whose
/// `find`, `run_as` and `units` may be called by several threads.
[[nodiscard]] std::vector<HostSight> survey_host(
    Host& host, std::span<const RosterUser> users, ReportScope scope,
    const std::function<void(std::size_t done, std::size_t of)>& progress);

}  // namespace claude_auth
