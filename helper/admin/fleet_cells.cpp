#include "admin/fleet_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decide/expiry.h"

namespace claude_auth {
namespace {

Cell nothing() {
  return {kEmptyCell, Tone::faint};
}

/// "12d", "5h", "40m", "now": the largest unit that fits, rounded down.
std::string brief(Millis length) {
  using namespace std::chrono;
  if (length >= days(1)) return std::to_string(floor<days>(length).count()) + 'd';
  if (length >= hours(1)) return std::to_string(floor<hours>(length).count()) + 'h';
  if (length >= minutes(1)) return std::to_string(floor<minutes>(length).count()) + 'm';
  return "now";
}

std::string age(Instant moment, Instant now) {
  return brief(std::max(now - moment, Millis::zero()));
}

Cell end_cell(const std::optional<Instant>& end, Instant now, std::chrono::days notice) {
  if (!end) return nothing();
  if (*end <= now) return {"over", Tone::bad};
  return {brief(*end - now), days_to_announce(*end, now, notice) ? Tone::notable : Tone::plain};
}

Cell user_cell(const FleetRow& row, Instant) {
  return {row.user, row.care == Care::managed ? Tone::plain : Tone::faint};
}

Cell mode_cell(const FleetRow& row, Instant) {
  if (!row.mode) return nothing();
  return {*row.mode == LoginMode::oauth ? "oauth" : "setup token"};
}

Cell login_cell(const FleetRow& row, Instant) {
  if (row.care == Care::off) return {"off", Tone::faint};
  if (row.care == Care::parked) return {"parked", Tone::faint};
  if (row.account == FleetSituation::Account::absent) return {"no user", Tone::bad};
  if (row.paused) return {"paused", Tone::faint};
  if (!row.login) return nothing();
  const Tone broken = row.mode == LoginMode::setup_token ? Tone::faint : Tone::bad;
  switch (*row.login) {
    case LocalLogin::valid:
      return {"valid", Tone::good};
    case LocalLogin::malformed:
      return {"malformed", broken};
    case LocalLogin::wiped:
      return {"wiped", broken};
    case LocalLogin::logged_out:
      return {"logged out", Tone::faint};
    case LocalLogin::lost:
      return {"lost", broken};
    case LocalLogin::unreadable:
      return {"unreadable", broken};
  }
  return nothing();
}

Cell backup_cell(const FleetRow& row, Instant now) {
  switch (row.backup) {
    case BackupSeen::unknown:
      return nothing();
    case BackupSeen::none:
      return row.mode == LoginMode::oauth ? Cell{"none", Tone::notable} : nothing();
    case BackupSeen::not_valid:
      return {"no login", Tone::notable};
    case BackupSeen::valid:
      return {row.backed_up_at ? age(*row.backed_up_at, now) : "there"};
    case BackupSeen::other_host:
      return {"of " + row.backed_up_by.substr(0, 16), Tone::notable};
  }
  return nothing();
}

Cell login_end_cell(const FleetRow& row, Instant now) {
  return end_cell(row.login_expires, now, kLoginNotice);
}

Cell setup_token_end_cell(const FleetRow& row, Instant now) {
  if (row.setup_token == SetupTokenSeen::rejected || row.setup_token == SetupTokenSeen::malformed)
    return {"bad", Tone::bad};
  return end_cell(row.setup_token_expires, now, kSetupTokenNotice);
}

Cell vault_token_end_cell(const FleetRow& row, Instant now) {
  switch (row.vault_token) {
    case VaultTokenSeen::absent:
      return {"none", Tone::bad};
    case VaultTokenSeen::foreign:
    case VaultTokenSeen::rejected:
    case VaultTokenSeen::unreadable:
      return {"bad", Tone::bad};
    case VaultTokenSeen::present:
    case VaultTokenSeen::ours:
    case VaultTokenSeen::unknown:
      break;
  }
  return end_cell(row.vault_token_expires, now, kVaultTokenNotice);
}

Tone tone_of(Status status) {
  switch (status) {
    case Status::ok:
    case Status::recovered:
      return Tone::good;
    case Status::skip:
      return Tone::faint;
    case Status::warn:
      return Tone::notable;
    case Status::fail:
      break;
  }
  return Tone::bad;
}

Cell last_cell(const FleetRow& row, Instant now) {
  if (!row.last_status) return nothing();
  std::string text(word(*row.last_status));
  if (row.last_at) text += ' ' + age(*row.last_at, now);
  return {std::move(text), tone_of(*row.last_status)};
}

Cell units_cell(const FleetRow& row, Instant) {
  if (!row.units || *row.units == UnitsState::no_manager) return nothing();
  if (*row.units == UnitsState::on) return {"on"};
  const bool wanted = row.care == Care::managed;
  return {*row.units == UnitsState::off ? "off" : "partly", wanted ? Tone::bad : Tone::faint};
}

constexpr std::array kColumns = {
    ColumnKind{"", "USER", false, 0, &user_cell},
    ColumnKind{"", "MODE", false, 2, &mode_cell},
    ColumnKind{"", "LOGIN", false, 0, &login_cell},
    ColumnKind{"", "BACKUP", true, 3, &backup_cell},
    ColumnKind{"LOGIN", "ENDS", true, 1, &login_end_cell},
    ColumnKind{"SETUP", "ENDS", true, 6, &setup_token_end_cell},
    ColumnKind{"VAULT", "ENDS", true, 5, &vault_token_end_cell},
    ColumnKind{"", "LAST", false, 0, &last_cell},
    ColumnKind{"", "UNITS", false, 4, &units_cell},
};

}  // namespace

std::span<const ColumnKind> fleet_columns() {
  return kColumns;
}

}  // namespace claude_auth
