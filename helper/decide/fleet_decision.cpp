#include "decide/fleet_decision.h"

namespace claude_auth {
namespace {

using enum FleetStep;
using Units = FleetSituation::Units;
using Report = FleetSituation::Report;
using LastJob = FleetSituation::LastJob;

bool units_wrong(const FleetSituation& situation) {
  return situation.units == Units::off || situation.units == Units::partly;
}

bool vault_token_useless(VaultTokenSeen token) {
  switch (token) {
    case VaultTokenSeen::absent:
    case VaultTokenSeen::foreign:
    case VaultTokenSeen::rejected:
    case VaultTokenSeen::unreadable:
      return true;
    case VaultTokenSeen::present:
    case VaultTokenSeen::ours:
    case VaultTokenSeen::unknown:
      break;
  }
  return false;
}

FleetStep step_of_unmanaged(const FleetSituation& situation) {
  const bool still_on = situation.units == Units::on || situation.units == Units::partly;
  return still_on ? provision : leave_alone;
}

// What shows without the user's own part.
FleetStep step_without_report(const FleetSituation& situation) {
  if (units_wrong(situation)) return provision;
  if (situation.setup_token == SetupTokenSeen::malformed || situation.setup_token_ends_soon)
    return new_setup_token;
  if (situation.setup_token == SetupTokenSeen::none && situation.shares_account) return own_account;
  return situation.report == Report::silent ? ask_again : unseen;
}

// Nobody can work with the local login.
FleetStep step_of_broken_login(const FleetSituation& situation) {
  switch (situation.backup) {
    case BackupSeen::valid:
    case BackupSeen::unknown:
      break;
    case BackupSeen::other_host:
    case BackupSeen::not_valid:
    case BackupSeen::none:
      return log_in;
  }
  // What a job has tried in vain is not to be tried by hand.
  switch (situation.last_job) {
    case LastJob::wants_login:
      return log_in;
    case LastJob::failed:
      return read_last_result;
    case LastJob::fine:
      break;
  }
  return restore;
}

// Of a user who runs on his login, not on a setup token. `nothing`: go on.
FleetStep step_of_login(const FleetSituation& situation) {
  if (!situation.login) return ask_again;
  if (needs_help(*situation.login)) return step_of_broken_login(situation);
  if (*situation.login == LocalLogin::logged_out) return leave_alone;
  if (*situation.login == LocalLogin::unreadable) return repair_file;
  if (situation.login_rejected || situation.login_ends_soon) return log_in;
  if (situation.last_job == LastJob::failed) return read_last_result;
  if (situation.shares_account) return own_account;
  if (situation.backup == BackupSeen::none || situation.backup == BackupSeen::not_valid)
    return back_up;
  return nothing;
}

FleetStep step_of_setup_token(const FleetSituation& situation) {
  if (situation.setup_token_ends_soon) return new_setup_token;
  return situation.last_job == LastJob::fine ? nothing : read_last_result;
}

FleetStep step_of_the_not_enrolled(const FleetSituation& situation) {
  if (situation.in_vault) return provision;
  return situation.login == LocalLogin::valid ? back_up : log_in;
}

}  // namespace

FleetStep fleet_step(const FleetSituation& situation) {
  if (!situation.managed) return step_of_unmanaged(situation);
  if (situation.account == FleetSituation::Account::absent) return make_account;
  if (situation.shares_setup_token) return own_setup_token;
  if (situation.report != Report::answered) return step_without_report(situation);
  if (situation.paused) return leave_alone;
  if (!situation.enrolled) return step_of_the_not_enrolled(situation);
  if (units_wrong(situation)) return provision;
  if (situation.in_vault && vault_token_useless(situation.vault_token)) return provision;
  if (situation.setup_token == SetupTokenSeen::rejected ||
      situation.setup_token == SetupTokenSeen::malformed)
    return new_setup_token;
  const FleetStep step = situation.setup_token == SetupTokenSeen::in_force
                             ? step_of_setup_token(situation)
                             : step_of_login(situation);
  if (step != nothing) return step;
  if (situation.vault_token_ends_soon) return provision;
  return situation.success_late ? find_silence : nothing;
}

FleetActor actor_of(FleetStep step) {
  switch (step) {
    case nothing:
    case leave_alone:
    case ask_again:
    case unseen:
      return FleetActor::nobody;
    case own_setup_token:
    case new_setup_token:
    case own_account:
    case log_in:
    case restore:
    case back_up:
      return FleetActor::user;
    case make_account:
    case provision:
    case repair_file:
    case read_last_result:
    case find_silence:
      break;
  }
  return FleetActor::admin;
}

FleetHealth health_of(FleetStep step) {
  if (actor_of(step) != FleetActor::nobody) return FleetHealth::needs_person;
  if (step == nothing) return FleetHealth::well;
  return step == leave_alone ? FleetHealth::left_alone : FleetHealth::unknown;
}

}  // namespace claude_auth
