// What is to do about one user of the fleet, from what his host and the store say. Pure.
#pragma once

#include <optional>

#include "base/clock.h"
#include "decide/login_decision.h"

namespace claude_auth {

/// So long without a success of any job is too long: sync alone runs four times a day.
inline constexpr std::chrono::hours kSuccessExpectedWithin{50};

/// A scoped Vault token is renewed four times a day: one this near its end is not renewed.
inline constexpr std::chrono::days kVaultTokenNotice{3};

enum class SetupTokenSeen { none, in_force, rejected, malformed, unknown };

/// The scoped Vault token in the user's directory. `present`: there, and nobody asked Vault.
enum class VaultTokenSeen { absent, present, ours, foreign, rejected, unreadable, unknown };

/// The login in the store.
enum class BackupSeen { valid, other_host, not_valid, none, unknown };

/// What is known of one user. What nobody could see is `unknown`, nothing or false.
struct FleetSituation {
  bool managed = true;  ///< the roster wants him looked after
  enum class Account { there, absent, unknown } account = Account::there;
  enum class Units { on, off, partly, unknown } units = Units::unknown;
  bool in_vault = true;  ///< `store = vault`

  // What his own part says.
  enum class Report { answered, silent, not_asked } report = Report::answered;
  bool paused = false;
  bool enrolled = true;
  std::optional<LocalLogin> login{};
  VaultTokenSeen vault_token = VaultTokenSeen::unknown;
  /// How his last job ended; `wants_login`: in FAIL, with the word that only a login helps.
  enum class LastJob { fine, failed, wants_login } last_job = LastJob::fine;
  bool login_rejected = false;  ///< by Claude, as that job found: this login, not one before it
  bool success_late = false;    ///< none within `kSuccessExpectedWithin`

  // What the store says, or his own part of it.
  SetupTokenSeen setup_token = SetupTokenSeen::unknown;
  BackupSeen backup = BackupSeen::unknown;
  bool shares_setup_token = false;  ///< with another user of the roster
  bool shares_account = false;      ///< his login is to the account of another user's
  bool setup_token_ends_soon = false;
  bool login_ends_soon = false;
  bool vault_token_ends_soon = false;
};

/// What is to do. Each has one sentence with the exact command (admin/fleet_advice).
enum class FleetStep {
  nothing,
  leave_alone,       ///< the roster says so, or the user: paused, or logged out
  make_account,      ///< the roster names a user that this host has not
  provision,         ///< units, Vault token or enrolment are not as the roster wants them
  own_setup_token,   ///< one setup token for two users
  new_setup_token,   ///< rejected, of no token's shape, or its year is nearly over
  own_account,       ///< one Claude account for two users
  log_in,            ///< no machine can bring the login back, or it ends soon
  restore,           ///< the store may have what this user lacks
  back_up,           ///< a valid login that the store has not
  repair_file,       ///< the credentials file cannot be read: his doctor tells why
  read_last_result,  ///< the last job failed, for a reason that its line tells
  find_silence,      ///< no job has succeeded for too long
  ask_again,         ///< his part was asked and did not answer
  unseen,            ///< his part was not asked
};

[[nodiscard]] FleetStep fleet_step(const FleetSituation& situation);

/// Who does it.
enum class FleetActor { nobody, user, admin };

[[nodiscard]] FleetActor actor_of(FleetStep step);

/// How a user counts in the fleet's summary.
enum class FleetHealth { well, left_alone, needs_person, unknown };

[[nodiscard]] FleetHealth health_of(FleetStep step);

}  // namespace claude_auth
