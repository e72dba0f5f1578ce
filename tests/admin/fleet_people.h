// Users of a made-up fleet, as the tests of its table, metrics and advice see them.
#pragma once

#include <string>
#include <vector>

#include "admin/fleet_row.h"

namespace claude_auth::test {

inline constexpr Instant kNow{Millis(1'795'000'000'000)};  // 2026-11-18T13:46:40Z

inline FleetSetting setting() {
  return {.now = kNow,
          .in_vault = true,
          .login_command = "claude auth login --claudeai --sso",
          .roster_argument = ""};
}

/// On his own login, with whom all is well.
inline UserSight well(const std::string& name) {
  using namespace std::chrono_literals;
  using std::chrono::days;
  UserReport report;
  report.enrolled = true;
  report.login = LocalLogin::valid;
  report.login_expires = kNow + days(27) + 3h;
  report.backup = BackupSeen::valid;
  report.backed_up_at = kNow - 2h;
  report.backed_up_by = "devbox";
  report.setup_token = SetupTokenSeen::none;
  report.vault_token = VaultTokenSeen::ours;
  report.vault_token_expires = kNow + days(31) + 20h;
  report.last_status = Status::ok;
  report.last_reason = "login backed up";
  report.last_at = kNow - 2h;
  report.last_success = kNow - 2h;
  report.heals = 3;
  report.restores = 1;
  HostSight host;
  host.account = FleetSituation::Account::there;
  host.units = UnitsState::on;
  host.report = std::move(report);
  UserSight sight{.user = {name, "", Care::managed, 1}};
  sight.host = std::move(host);
  return sight;
}

/// As `well`, but his sessions work with a setup token, and no login is here.
inline UserSight on_setup_token(const std::string& name) {
  UserSight sight = well(name);
  UserReport& report = *sight.host->report;
  report.login = LocalLogin::lost;
  report.login_expires.reset();
  report.backup = BackupSeen::none;
  report.backed_up_at.reset();
  report.on_setup_token = true;
  report.setup_token = SetupTokenSeen::in_force;
  report.setup_token_expires = kNow + std::chrono::days(340);
  return sight;
}

/// His part was asked, and said nothing.
inline UserSight silent(const std::string& name) {
  UserSight sight = well(name);
  sight.host->report.reset();
  sight.host->problem = "his claude-auth-sync did not answer within 5 seconds";
  return sight;
}

inline std::vector<FleetRow> rows_of(const std::vector<UserSight>& sights) {
  std::vector<FleetRow> rows;
  for (const UserSight& sight : sights) rows.push_back(make_row(sight, setting()));
  return rows;
}

}  // namespace claude_auth::test
