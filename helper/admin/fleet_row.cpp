#include "admin/fleet_row.h"

#include "admin/fleet_advice.h"
#include "decide/expiry.h"

namespace claude_auth {
namespace {

void take_report(const UserReport& report, FleetRow& row) {
  static_cast<UserFacts&>(row) = report;
  if (row.problem.empty()) row.problem = report.problem;
}

// What the admin read himself outranks the user's word, but for what only the user can know.
void take_document(const DocumentFacts& document, FleetRow& row) {
  row.backup = document.backup;
  row.backed_up_at = document.backed_up_at;
  row.backed_up_by = document.backed_up_by;
  if (!row.login_expires) row.login_expires = document.login_expires;
  const bool rejected = row.setup_token == SetupTokenSeen::rejected;
  if (!rejected || document.setup_token != SetupTokenSeen::in_force)
    row.setup_token = document.setup_token;
  row.setup_token_expires = document.setup_token_expires;
}

std::optional<LoginMode> mode_of(const FleetRow& row, const UserSight& sight) {
  switch (row.setup_token) {
    case SetupTokenSeen::in_force:
      return LoginMode::setup_token;
    case SetupTokenSeen::none:
      // Of a user who is left out, no setup token is no word about a login.
      if (sight.user.care != Care::managed) return std::nullopt;
      return LoginMode::oauth;
    case SetupTokenSeen::rejected:
    case SetupTokenSeen::malformed:
      return LoginMode::oauth;
    case SetupTokenSeen::unknown:
      break;
  }
  if (!sight.host || !sight.host->report) return std::nullopt;
  return sight.host->report->on_setup_token ? LoginMode::setup_token : LoginMode::oauth;
}

FleetSituation::Units units_in(const FleetRow& row) {
  using enum FleetSituation::Units;
  if (!row.units) return unknown;
  switch (*row.units) {
    case UnitsState::on:
      return on;
    case UnitsState::off:
      return off;
    case UnitsState::waiting:
    case UnitsState::partly:
      return partly;
    case UnitsState::no_manager:
      break;
  }
  return unknown;
}

FleetSituation::Report report_in(const UserSight& sight) {
  using enum FleetSituation::Report;
  if (!sight.host) return not_asked;
  const auto& report = sight.host->report;
  // With a configuration that is refused there is nothing in it but why.
  if (!report || (!report->login && !report->problem.empty())) return silent;
  return answered;
}

FleetSituation::LastJob last_job_in(const FleetRow& row, const FleetSetting& setting) {
  using enum FleetSituation::LastJob;
  if (row.last_status != Status::fail) return fine;
  // Each sentence of the jobs that sends a person to log in names the command.
  const bool names_login =
      !setting.login_command.empty() && row.last_reason.contains(setting.login_command);
  return names_login ? wants_login : failed;
}

bool ends_within(const std::optional<Instant>& end, Instant now, std::chrono::days ahead) {
  return end && days_to_announce(*end, now, ahead).has_value();
}

FleetSituation situation_of(const FleetRow& row, const UserSight& sight,
                            const FleetSetting& setting) {
  const bool reported = sight.host && sight.host->report;
  return {
      .managed = row.care == Care::managed,
      .account = row.account,
      .units = units_in(row),
      .in_vault = setting.in_vault,
      .report = report_in(sight),
      .paused = row.paused,
      .enrolled = reported && sight.host->report->enrolled,
      .login = row.login,
      .vault_token = row.vault_token,
      .last_job = last_job_in(row, setting),
      .login_rejected = row.login_rejected,
      .success_late = row.last_success && setting.now - *row.last_success > kSuccessExpectedWithin,
      .setup_token =
          row.mode == LoginMode::setup_token ? SetupTokenSeen::in_force : row.setup_token,
      .backup = row.backup,
      .shares_setup_token = !sight.same_setup_token.empty(),
      .shares_account = !sight.same_account.empty(),
      .setup_token_ends_soon = ends_within(row.setup_token_expires, setting.now, kSetupTokenNotice),
      .login_ends_soon = ends_within(row.login_expires, setting.now, kLoginNotice),
      .vault_token_ends_soon =
          ends_within(row.vault_token_expires, setting.now, kVaultTokenNotice)};
}

}  // namespace

FleetRow make_row(const UserSight& sight, const FleetSetting& setting) {
  FleetRow row;
  row.user = sight.user.name;
  row.care = sight.user.care;
  if (sight.host) {
    row.account = sight.host->account;
    row.units = sight.host->units;
    row.problem = sight.host->problem;
    if (sight.user.care == Care::managed) row.answered = sight.host->report.has_value();
    if (sight.host->report) take_report(*sight.host->report, row);
  }
  if (sight.document) take_document(*sight.document, row);
  if (sight.vault_token_expires) row.vault_token_expires = sight.vault_token_expires;
  row.mode = mode_of(row, sight);
  row.step = fleet_step(situation_of(row, sight, setting));
  row.advice = advice_for(row, sight, setting);
  return row;
}

FleetCount count_rows(const std::vector<FleetRow>& rows) {
  FleetCount count;
  for (const FleetRow& row : rows) {
    ++count.users;
    switch (health_of(row.step)) {
      case FleetHealth::well:
        ++count.well;
        break;
      case FleetHealth::left_alone:
        ++count.left_alone;
        break;
      case FleetHealth::needs_person:
        ++count.need_person;
        break;
      case FleetHealth::unknown:
        ++count.unknown;
        break;
    }
  }
  return count;
}

}  // namespace claude_auth
