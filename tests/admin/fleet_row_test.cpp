// helper/admin/fleet_row and fleet_advice: whose word counts, and the exact command for each
// trouble.
#include "admin/fleet_row.h"

#include <string>

#include "cmocka_cpp.h"
#include "fleet_people.h"
#include "unit/table.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::days;

UserReport& report_of(UserSight& sight) {
  return *sight.host->report;
}

FleetRow row_of(const UserSight& sight) {
  return make_row(sight, setting());
}

template <typename Change>
FleetRow row_of_well_but(Change change) {
  UserSight sight = well("emo");
  change(sight);
  return row_of(sight);
}

void a_well_user_needs_nothing(void**) {
  const FleetRow row = row_of(well("emo"));
  assert_true(row.step == FleetStep::nothing);
  assert_true(row.advice.command.empty());
}

void the_document_outranks_the_users_word(void**) {
  UserSight sight = well("emo");
  sight.document = DocumentFacts{.backup = BackupSeen::none,
                                 .backed_up_at = {},
                                 .backed_up_by = "",
                                 .login_expires = {},
                                 .setup_token = SetupTokenSeen::in_force,
                                 .setup_token_expires = kNow + days(100),
                                 .setup_token_hash = "hash",
                                 .account_hash = ""};
  const FleetRow row = row_of(sight);
  assert_true(row.backup == BackupSeen::none);
  assert_false(row.backed_up_at.has_value());
  assert_true(row.mode == LoginMode::setup_token);
  assert_true(row.setup_token_expires == kNow + days(100));
}

void only_the_user_knows_that_his_token_is_rejected(void**) {
  UserSight sight = on_setup_token("emo");
  report_of(sight).setup_token = SetupTokenSeen::rejected;
  sight.document.emplace();
  sight.document->setup_token = SetupTokenSeen::in_force;
  const FleetRow row = row_of(sight);
  assert_true(row.setup_token == SetupTokenSeen::rejected);
  assert_true(row.mode == LoginMode::oauth);
  assert_true(row.step == FleetStep::new_setup_token);
}

void a_rejected_token_that_is_gone_from_the_store_is_gone(void**) {
  UserSight sight = well("emo");
  report_of(sight).setup_token = SetupTokenSeen::rejected;
  sight.document.emplace();
  sight.document->backup = BackupSeen::valid;
  assert_true(row_of(sight).step == FleetStep::nothing);
}

void the_local_login_tells_its_end_better_than_the_backup(void**) {
  UserSight sight = well("emo");
  sight.document.emplace();
  sight.document->backup = BackupSeen::valid;
  sight.document->login_expires = kNow + days(1);
  assert_true(row_of(sight).login_expires == report_of(sight).login_expires);
  report_of(sight).login_expires.reset();
  assert_true(row_of(sight).login_expires == kNow + days(1));
}

void without_a_host_only_the_document_speaks(void**) {
  UserSight sight{.user = {"emo", "", Care::managed, 1}};
  sight.document.emplace();
  const FleetRow row = row_of(sight);
  assert_true(row.step == FleetStep::unseen);
  assert_false(row.answered.has_value());
  assert_true(row.advice.command.empty());
}

struct Case {
  FleetStep step;
  std::string why;
  std::string command;

  bool operator==(const Case&) const = default;
};

Case case_of(const FleetRow& row) {
  return {row.step, row.advice.why, row.advice.command};
}

void fails_with(UserSight& sight, const std::string& reason) {
  report_of(sight).last_status = Status::fail;
  report_of(sight).last_reason = reason;
}

void every_trouble_has_its_command(void**) {
  const Row<FleetRow, Case> rows[] = {
      {"no account",
       row_of_well_but([](UserSight& s) {
         s.host = HostSight{};
         s.host->account = FleetSituation::Account::absent;
       }),
       {FleetStep::make_account, "no such user here",
        "useradd -m emo, or take him out of the roster"}},
      {"units off",
       row_of_well_but([](UserSight& s) { s.host->units = UnitsState::off; }),
       {FleetStep::provision, "units off", "claude-auth-admin provision --user emo"}},
      {"units on that the roster wants off",
       row_of_well_but([](UserSight& s) {
         s.user.care = Care::parked;
         s.host->report.reset();
       }),
       {FleetStep::provision, "the roster wants the units off",
        "claude-auth-admin provision --user emo"}},
      {"a foreign Vault token",
       row_of_well_but([](UserSight& s) { report_of(s).vault_token = VaultTokenSeen::foreign; }),
       {FleetStep::provision, "the Vault token is not his",
        "claude-auth-admin provision --user emo"}},
      {"a Vault token that is not renewed",
       row_of_well_but([](UserSight& s) { report_of(s).vault_token_expires = kNow + days(2); }),
       {FleetStep::provision, "the Vault token ends in 2 days",
        "claude-auth-admin provision --user emo"}},
      {"another user's setup token",
       row_of_well_but([](UserSight& s) { s.same_setup_token = {"bob"}; }),
       {FleetStep::own_setup_token, "the setup token of bob",
        "emo runs claude setup-token; then claude-auth-admin setup-token set emo"}},
      {"a setup token near its end",
       row_of_well_but([](UserSight& s) {
         report_of(s).setup_token = SetupTokenSeen::in_force;
         report_of(s).setup_token_expires = kNow + days(12);
       }),
       {FleetStep::new_setup_token, "the setup token ends in 12 days",
        "emo runs claude setup-token; then claude-auth-sync setup-token set"}},
      {"another user's account",
       row_of_well_but([](UserSight& s) { s.same_account = {"bob", "ana", "eve"}; }),
       {FleetStep::own_account, "the Claude account of bob and 2 others",
        "emo runs claude auth login --claudeai --sso, with an account of his own"}},
      {"a login that no machine brings back",
       row_of_well_but([](UserSight& s) {
         report_of(s).login = LocalLogin::wiped;
         fails_with(s, "dead: run `claude auth login --claudeai --sso`");
       }),
       {FleetStep::log_in, "", "emo runs claude auth login --claudeai --sso"}},
      {"a login that Claude rejects",
       row_of_well_but([](UserSight& s) {
         fails_with(s, "interactive SSO login required: run `claude auth login --claudeai --sso`");
         report_of(s).login_rejected = true;
       }),
       {FleetStep::log_in, "Claude rejects the login",
        "emo runs claude auth login --claudeai --sso"}},
      {"a first login, after a job that wanted it",
       row_of_well_but([](UserSight& s) {
         fails_with(s, "no login: run `claude auth login --claudeai --sso`");
         report_of(s).backup = BackupSeen::none;
       }),
       {FleetStep::back_up, "no backup", "runuser -l emo -c 'claude-auth-sync backup'"}},
      {"a login near its end, and a job that failed for another reason",
       row_of_well_but([](UserSight& s) {
         fails_with(s, "vault: sealed");
         report_of(s).login_expires = kNow + days(1);
       }),
       {FleetStep::log_in, "the login ends in 1 day",
        "emo runs claude auth login --claudeai --sso"}},
      {"a login that ended yesterday",
       row_of_well_but([](UserSight& s) { report_of(s).login_expires = kNow - days(1); }),
       {FleetStep::log_in, "the login ended 1 day ago",
        "emo runs claude auth login --claudeai --sso"}},
      {"a login that the store has",
       row_of_well_but([](UserSight& s) { report_of(s).login = LocalLogin::lost; }),
       {FleetStep::restore, "the store has a login for him",
        "runuser -l emo -c 'claude-auth-sync restore'"}},
      {"a login that the store may have: it could not be asked",
       row_of_well_but([](UserSight& s) {
         report_of(s).login = LocalLogin::lost;
         report_of(s).backup = BackupSeen::unknown;
       }),
       {FleetStep::restore, "the store may have a login for him",
        "runuser -l emo -c 'claude-auth-sync restore'"}},
      {"a login that the store has not",
       row_of_well_but([](UserSight& s) { report_of(s).backup = BackupSeen::none; }),
       {FleetStep::back_up, "no backup", "runuser -l emo -c 'claude-auth-sync backup'"}},
      {"a file that cannot be read",
       row_of_well_but([](UserSight& s) {
         report_of(s).login = LocalLogin::unreadable;
         report_of(s).login_problem = "it is a FIFO";
       }),
       {FleetStep::repair_file, "it is a FIFO", "runuser -l emo -c 'claude-auth-sync doctor'"}},
      {"a job that failed",
       row_of_well_but([](UserSight& s) { fails_with(s, "vault: sealed"); }),
       {FleetStep::read_last_result, "vault: sealed", "runuser -l emo -c 'claude-auth-sync sync'"}},
      {"no success for days",
       row_of_well_but([](UserSight& s) { report_of(s).last_success = kNow - days(4); }),
       {FleetStep::find_silence, "no success for 4 days",
        "systemctl status claude-auth-sync@emo.timer"}},
      {"a configuration that is refused",
       row_of_well_but([](UserSight& s) {
         s.host->report = UserReport{};
         report_of(s).problem = "configuration refused: no store";
       }),
       {FleetStep::ask_again, "configuration refused: no store",
        "runuser -l emo -c 'claude-auth-sync status'"}},
      {"no answer",
       row_of(silent("emo")),
       {FleetStep::ask_again, "his claude-auth-sync did not answer within 5 seconds",
        "runuser -l emo -c 'claude-auth-sync status'"}},
  };
  every_row_holds(rows, case_of);
}

void another_roster_is_named_in_the_command(void**) {
  UserSight sight = well("emo");
  sight.host->units = UnitsState::partly;
  FleetSetting other = setting();
  other.roster_argument = " --roster /srv/fleet.yaml";
  assert_string_equal(make_row(sight, other).advice.command.c_str(),
                      "claude-auth-admin provision --user emo --roster /srv/fleet.yaml");
}

void rows_are_counted_by_health(void**) {
  std::vector<UserSight> sights{well("a"), well("b"), silent("c"), well("d"), well("e")};
  sights[3].host->units = UnitsState::off;
  report_of(sights[4]).paused = true;
  const FleetCount count = count_rows(rows_of(sights));
  assert_int_equal(count.users, 5);
  assert_int_equal(count.well, 2);
  assert_int_equal(count.unknown, 1);
  assert_int_equal(count.need_person, 1);
  assert_int_equal(count.left_alone, 1);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_well_user_needs_nothing),
      cmocka_unit_test(the_document_outranks_the_users_word),
      cmocka_unit_test(only_the_user_knows_that_his_token_is_rejected),
      cmocka_unit_test(a_rejected_token_that_is_gone_from_the_store_is_gone),
      cmocka_unit_test(the_local_login_tells_its_end_better_than_the_backup),
      cmocka_unit_test(without_a_host_only_the_document_speaks),
      cmocka_unit_test(every_trouble_has_its_command),
      cmocka_unit_test(another_roster_is_named_in_the_command),
      cmocka_unit_test(rows_are_counted_by_health),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
