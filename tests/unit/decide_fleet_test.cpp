// helper/decide/fleet_decision: what is to do about a user, row by row.
#include "decide/fleet_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;

using Units = FleetSituation::Units;
using Account = FleetSituation::Account;
using Report = FleetSituation::Report;
using LastJob = FleetSituation::LastJob;
using enum FleetStep;
using S = FleetSituation;
using Change = void (*)(FleetSituation&);

// A user on his own login with whom nothing is wrong, changed by a row.
FleetSituation well_but(Change change) {
  FleetSituation situation{.units = Units::on,
                           .login = LocalLogin::valid,
                           .vault_token = VaultTokenSeen::ours,
                           .setup_token = SetupTokenSeen::none,
                           .backup = BackupSeen::valid};
  change(situation);
  return situation;
}

FleetSituation on_token_but(Change change) {
  FleetSituation situation = well_but([](S& s) {
    s.setup_token = SetupTokenSeen::in_force;
    s.login = LocalLogin::lost;
    s.backup = BackupSeen::none;
  });
  change(situation);
  return situation;
}

FleetSituation silent_but(Change change) {
  FleetSituation situation = well_but([](S& s) {
    s.report = Report::silent;
    s.login.reset();
  });
  change(situation);
  return situation;
}

void the_roster_comes_first(void**) {
  const Row<FleetSituation, FleetStep> rows[] = {
      {"well", well_but([](S&) {}), nothing},
      {"not managed, units off", {.managed = false, .units = Units::off}, leave_alone},
      {"not managed, units not seen", {.managed = false}, leave_alone},
      {"not managed, units on", {.managed = false, .units = Units::on}, provision},
      {"not managed, units partly on", {.managed = false, .units = Units::partly}, provision},
      {"not managed and no account", {.managed = false, .account = Account::absent}, leave_alone},
      {"no account", {.account = Account::absent, .report = Report::not_asked}, make_account},
      {"paused", well_but([](S& s) {
         s.paused = true;
         s.last_job = LastJob::failed;
       }),
       leave_alone},
      {"units off", well_but([](S& s) { s.units = Units::off; }), provision},
      {"units partly on", well_but([](S& s) { s.units = Units::partly; }), provision},
      {"units not seen", well_but([](S& s) { s.units = Units::unknown; }), nothing},
  };
  every_row_holds(rows, fleet_step);
}

void a_user_who_is_not_enrolled_is_made_so(void**) {
  const auto not_enrolled = [](bool in_vault, LocalLogin login) {
    return S{.units = Units::off, .in_vault = in_vault, .enrolled = false, .login = login};
  };
  const Row<FleetSituation, FleetStep> rows[] = {
      {"Vault", not_enrolled(true, LocalLogin::valid), provision},
      {"local store, logged in", not_enrolled(false, LocalLogin::valid), back_up},
      {"local store, no login", not_enrolled(false, LocalLogin::lost), log_in},
  };
  every_row_holds(rows, fleet_step);
}

void a_vault_token_that_cannot_be_used_is_replaced(void**) {
  const auto with = [](VaultTokenSeen token, bool in_vault = true) {
    S situation = well_but([](S&) {});
    situation.vault_token = token;
    situation.in_vault = in_vault;
    return situation;
  };
  const Row<FleetSituation, FleetStep> rows[] = {
      {"absent", with(VaultTokenSeen::absent), provision},
      {"foreign", with(VaultTokenSeen::foreign), provision},
      {"rejected", with(VaultTokenSeen::rejected), provision},
      {"unreadable", with(VaultTokenSeen::unreadable), provision},
      {"present", with(VaultTokenSeen::present), nothing},
      {"unknown", with(VaultTokenSeen::unknown), nothing},
      {"absent with a local store", with(VaultTokenSeen::absent, false), nothing},
      {"ours, near its end", well_but([](S& s) { s.vault_token_ends_soon = true; }), provision},
  };
  every_row_holds(rows, fleet_step);
}

void a_setup_token_makes_the_login_unimportant(void**) {
  const Row<FleetSituation, FleetStep> rows[] = {
      {"in force, no login", on_token_but([](S&) {}), nothing},
      {"in force, the account is another's too",
       on_token_but([](S& s) { s.shares_account = true; }), nothing},
      {"in force, its year is nearly over",
       on_token_but([](S& s) { s.setup_token_ends_soon = true; }), new_setup_token},
      {"in force, the last job failed", on_token_but([](S& s) { s.last_job = LastJob::failed; }),
       read_last_result},
      {"rejected, the login is well",
       well_but([](S& s) { s.setup_token = SetupTokenSeen::rejected; }), new_setup_token},
      {"of no token's shape", well_but([](S& s) { s.setup_token = SetupTokenSeen::malformed; }),
       new_setup_token},
      {"another user has it", on_token_but([](S& s) { s.shares_setup_token = true; }),
       own_setup_token},
      {"another user has it, and his part is silent", on_token_but([](S& s) {
         s.shares_setup_token = true;
         s.report = Report::silent;
       }),
       own_setup_token},
  };
  every_row_holds(rows, fleet_step);
}

void a_broken_login_is_restored_or_made_anew(void**) {
  const auto broken = [](LocalLogin login, BackupSeen backup, LastJob last_job = LastJob::fine) {
    S situation = well_but([](S&) {});
    situation.login = login;
    situation.backup = backup;
    situation.last_job = last_job;
    return situation;
  };
  const Row<FleetSituation, FleetStep> rows[] = {
      {"wiped, a backup", broken(LocalLogin::wiped, BackupSeen::valid), restore},
      {"malformed, a backup", broken(LocalLogin::malformed, BackupSeen::valid), restore},
      {"lost, nobody asked the store", broken(LocalLogin::lost, BackupSeen::unknown), restore},
      {"lost, a backup that did not help",
       broken(LocalLogin::lost, BackupSeen::valid, LastJob::failed), read_last_result},
      {"wiped, and a job found that only a login helps",
       broken(LocalLogin::wiped, BackupSeen::valid, LastJob::wants_login), log_in},
      {"lost, no backup", broken(LocalLogin::lost, BackupSeen::none), log_in},
      {"lost, no backup, and the last job failed",
       broken(LocalLogin::lost, BackupSeen::none, LastJob::failed), log_in},
      {"wiped, a backup of no use", broken(LocalLogin::wiped, BackupSeen::not_valid), log_in},
      {"wiped, another host's backup", broken(LocalLogin::wiped, BackupSeen::other_host), log_in},
      {"logged out", broken(LocalLogin::logged_out, BackupSeen::valid), leave_alone},
      {"unreadable", broken(LocalLogin::unreadable, BackupSeen::valid), repair_file},
      {"his part says nothing of it", well_but([](S& s) { s.login.reset(); }), ask_again},
  };
  every_row_holds(rows, fleet_step);
}

void a_valid_login_may_need_a_person_as_well(void**) {
  const Row<FleetSituation, FleetStep> rows[] = {
      {"the last job failed", well_but([](S& s) { s.last_job = LastJob::failed; }),
       read_last_result},
      {"real inference rejects it", well_but([](S& s) {
         s.last_job = LastJob::wants_login;
         s.login_rejected = true;
       }),
       log_in},
      {"real inference rejected the one before it",
       well_but([](S& s) { s.last_job = LastJob::wants_login; }), nothing},
      {"the first one, which the watch has not backed up yet", well_but([](S& s) {
         s.last_job = LastJob::wants_login;
         s.backup = BackupSeen::none;
       }),
       back_up},
      {"it ends soon, and the last job failed", well_but([](S& s) {
         s.login_ends_soon = true;
         s.last_job = LastJob::failed;
       }),
       log_in},
      {"it ends soon", well_but([](S& s) { s.login_ends_soon = true; }), log_in},
      {"another user's account", well_but([](S& s) { s.shares_account = true; }), own_account},
      {"no backup", well_but([](S& s) { s.backup = BackupSeen::none; }), back_up},
      {"a backup of no use", well_but([](S& s) { s.backup = BackupSeen::not_valid; }), back_up},
      {"the backup is another host's", well_but([](S& s) { s.backup = BackupSeen::other_host; }),
       nothing},
      {"nobody asked the store", well_but([](S& s) { s.backup = BackupSeen::unknown; }), nothing},
      {"no success for days", well_but([](S& s) { s.success_late = true; }), find_silence},
  };
  every_row_holds(rows, fleet_step);
}

void without_his_part_the_rest_still_counts(void**) {
  const Row<FleetSituation, FleetStep> rows[] = {
      {"nothing else is wrong", silent_but([](S&) {}), ask_again},
      {"units off", silent_but([](S& s) { s.units = Units::off; }), provision},
      {"a setup token near its end", silent_but([](S& s) { s.setup_token_ends_soon = true; }),
       new_setup_token},
      {"a setup token of no shape",
       silent_but([](S& s) { s.setup_token = SetupTokenSeen::malformed; }), new_setup_token},
      {"another user's account", silent_but([](S& s) { s.shares_account = true; }), own_account},
      {"another user's account, but a setup token", silent_but([](S& s) {
         s.shares_account = true;
         s.setup_token = SetupTokenSeen::in_force;
       }),
       ask_again},
      {"not asked", silent_but([](S& s) { s.report = Report::not_asked; }), unseen},
  };
  every_row_holds(rows, fleet_step);
}

void every_step_is_somebodys(void**) {
  constexpr Row<FleetStep, FleetActor> kRows[] = {
      {"nothing", nothing, FleetActor::nobody},
      {"leave_alone", leave_alone, FleetActor::nobody},
      {"ask_again", ask_again, FleetActor::nobody},
      {"unseen", unseen, FleetActor::nobody},
      {"own_setup_token", own_setup_token, FleetActor::user},
      {"new_setup_token", new_setup_token, FleetActor::user},
      {"own_account", own_account, FleetActor::user},
      {"log_in", log_in, FleetActor::user},
      {"restore", restore, FleetActor::user},
      {"back_up", back_up, FleetActor::user},
      {"make_account", make_account, FleetActor::admin},
      {"provision", provision, FleetActor::admin},
      {"repair_file", repair_file, FleetActor::admin},
      {"read_last_result", read_last_result, FleetActor::admin},
      {"find_silence", find_silence, FleetActor::admin},
  };
  every_row_holds(kRows, actor_of);
}

void every_step_counts_once(void**) {
  constexpr Row<FleetStep, FleetHealth> kRows[] = {
      {"nothing", nothing, FleetHealth::well},
      {"leave_alone", leave_alone, FleetHealth::left_alone},
      {"ask_again", ask_again, FleetHealth::unknown},
      {"unseen", unseen, FleetHealth::unknown},
      {"the user's", log_in, FleetHealth::needs_person},
      {"the admin's", provision, FleetHealth::needs_person},
  };
  every_row_holds(kRows, health_of);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_roster_comes_first),
      cmocka_unit_test(a_user_who_is_not_enrolled_is_made_so),
      cmocka_unit_test(a_vault_token_that_cannot_be_used_is_replaced),
      cmocka_unit_test(a_setup_token_makes_the_login_unimportant),
      cmocka_unit_test(a_broken_login_is_restored_or_made_anew),
      cmocka_unit_test(a_valid_login_may_need_a_person_as_well),
      cmocka_unit_test(without_his_part_the_rest_still_counts),
      cmocka_unit_test(every_step_is_somebodys),
      cmocka_unit_test(every_step_counts_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
