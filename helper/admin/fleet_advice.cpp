#include "admin/fleet_advice.h"

#include "base/time_text.h"

namespace claude_auth {
namespace {

// Roster names need no quotes (admin/user_name.h).
std::string as_user(const FleetRow& row, const std::string& job) {
  return "runuser -l " + row.user + " -c 'claude-auth-sync " + job + "'";
}

// "bob", "bob and ana", "bob and 3 others"
std::string others(const std::vector<std::string>& users) {
  if (users.size() < 2) return users.empty() ? "somebody else" : users.front();
  if (users.size() == 2) return users[0] + " and " + users[1];
  return users.front() + " and " + std::to_string(users.size() - 1) + " others";
}

std::string ending(const char* what, const std::optional<Instant>& end, Instant now) {
  if (!end) return what;
  return std::string(what) + (*end > now ? " ends " : " ended ") + until(*end, now);
}

std::string why_provision(const FleetRow& row, const FleetSetting& setting) {
  if (row.care != Care::managed) return "the roster wants the units off";
  switch (row.vault_token) {
    case VaultTokenSeen::absent:
      return "no Vault token";
    case VaultTokenSeen::foreign:
      return "the Vault token is not his";
    case VaultTokenSeen::rejected:
      return "Vault rejects the token";
    case VaultTokenSeen::unreadable:
      return "the Vault token cannot be read";
    case VaultTokenSeen::present:
    case VaultTokenSeen::ours:
    case VaultTokenSeen::unknown:
      break;
  }
  if (row.units == UnitsState::off) return "units off";
  if (row.units == UnitsState::partly) return "units partly off";
  if (!row.vault_token_expires) return "not enrolled";
  return ending("the Vault token", row.vault_token_expires, setting.now);
}

std::string why_new_setup_token(const FleetRow& row, const FleetSetting& setting) {
  if (row.setup_token == SetupTokenSeen::rejected) return "Claude rejects the setup token";
  if (row.setup_token == SetupTokenSeen::malformed) return "the setup token is none";
  return ending("the setup token", row.setup_token_expires, setting.now);
}

std::string why_log_in(const FleetRow& row, const FleetSetting& setting) {
  if (row.login != LocalLogin::valid) return {};
  if (row.login_rejected) return "Claude rejects the login";
  return ending("the login", row.login_expires, setting.now);
}

std::string user_runs(const FleetRow& row, const std::string& command) {
  return row.user + " runs " + command;
}

}  // namespace

Advice advice_for(const FleetRow& row, const UserSight& sight, const FleetSetting& setting) {
  const std::string admin = "claude-auth-admin ";
  switch (row.step) {
    case FleetStep::nothing:
    case FleetStep::leave_alone:
    case FleetStep::unseen:
      return {};
    case FleetStep::make_account:
      return {"no such user here", "useradd -m " + row.user + ", or take him out of the roster"};
    case FleetStep::provision:
      return {why_provision(row, setting),
              admin + "provision --user " + row.user + setting.roster_argument};
    case FleetStep::own_setup_token:
      return {"the setup token of " + others(sight.same_setup_token),
              user_runs(row, "claude setup-token; then " + admin + "setup-token set " + row.user +
                                 setting.roster_argument)};
    case FleetStep::new_setup_token:
      return {why_new_setup_token(row, setting),
              user_runs(row, "claude setup-token; then claude-auth-sync setup-token set")};
    case FleetStep::own_account:
      return {"the Claude account of " + others(sight.same_account),
              user_runs(row, setting.login_command + ", with an account of his own")};
    case FleetStep::log_in:
      return {why_log_in(row, setting), user_runs(row, setting.login_command)};
    case FleetStep::restore:
      return {row.backup == BackupSeen::valid ? "the store has a login for him"
                                              : "the store may have a login for him",
              as_user(row, "restore")};
    case FleetStep::back_up:
      return {"no backup", as_user(row, "backup")};
    case FleetStep::repair_file:
      return {sight.host->report->login_problem, as_user(row, "doctor")};
    case FleetStep::read_last_result:
      return {row.last_reason, as_user(row, "sync")};
    case FleetStep::find_silence:
      return {"no success for " + span(setting.now - *row.last_success),
              "systemctl status claude-auth-sync@" + row.user + ".timer"};
    case FleetStep::ask_again:
      return {row.problem, as_user(row, "status")};
  }
  return {};
}

}  // namespace claude_auth
