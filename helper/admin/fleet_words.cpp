#include "admin/fleet_words.h"

namespace claude_auth {

const char* word_of(Care care) {
  switch (care) {
    case Care::managed:
      return "managed";
    case Care::parked:
      return "parked";
    case Care::off:
      break;
  }
  return "off";
}

const char* word_of(LoginMode mode) {
  return mode == LoginMode::oauth ? "oauth" : "setup_token";
}

const char* word_of(BackupSeen backup) {
  switch (backup) {
    case BackupSeen::valid:
      return "valid";
    case BackupSeen::other_host:
      return "other_host";
    case BackupSeen::not_valid:
      return "not_valid";
    case BackupSeen::none:
      return "none";
    case BackupSeen::unknown:
      break;
  }
  return "unknown";
}

const char* word_of(SetupTokenSeen token) {
  switch (token) {
    case SetupTokenSeen::none:
      return "none";
    case SetupTokenSeen::in_force:
      return "in_force";
    case SetupTokenSeen::rejected:
      return "rejected";
    case SetupTokenSeen::malformed:
      return "malformed";
    case SetupTokenSeen::unknown:
      break;
  }
  return "unknown";
}

const char* word_of(VaultTokenSeen token) {
  switch (token) {
    case VaultTokenSeen::absent:
      return "absent";
    case VaultTokenSeen::present:
      return "present";
    case VaultTokenSeen::ours:
      return "ours";
    case VaultTokenSeen::foreign:
      return "foreign";
    case VaultTokenSeen::rejected:
      return "rejected";
    case VaultTokenSeen::unreadable:
      return "unreadable";
    case VaultTokenSeen::unknown:
      break;
  }
  return "unknown";
}

const char* word_of(UnitsState units) {
  switch (units) {
    case UnitsState::on:
      return "on";
    case UnitsState::waiting:
      return "waiting";
    case UnitsState::off:
      return "off";
    case UnitsState::partly:
      return "partly";
    case UnitsState::no_manager:
      break;
  }
  return "no_manager";
}

const char* word_of(FleetHealth health) {
  switch (health) {
    case FleetHealth::well:
      return "well";
    case FleetHealth::left_alone:
      return "left_alone";
    case FleetHealth::needs_person:
      return "needs_person";
    case FleetHealth::unknown:
      break;
  }
  return "unknown";
}

const char* word_of(FleetStep step) {
  switch (step) {
    case FleetStep::nothing:
      return "nothing";
    case FleetStep::leave_alone:
      return "leave_alone";
    case FleetStep::make_account:
      return "make_account";
    case FleetStep::provision:
      return "provision";
    case FleetStep::own_setup_token:
      return "own_setup_token";
    case FleetStep::new_setup_token:
      return "new_setup_token";
    case FleetStep::own_account:
      return "own_account";
    case FleetStep::log_in:
      return "log_in";
    case FleetStep::restore:
      return "restore";
    case FleetStep::back_up:
      return "back_up";
    case FleetStep::repair_file:
      return "repair_file";
    case FleetStep::read_last_result:
      return "read_last_result";
    case FleetStep::find_silence:
      return "find_silence";
    case FleetStep::ask_again:
      return "ask_again";
    case FleetStep::unseen:
      break;
  }
  return "unseen";
}

}  // namespace claude_auth
