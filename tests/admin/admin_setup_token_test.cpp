// `claude-auth-admin setup-token`, against the double, or with --server against a real one.
#include "admin/admin_setup_token.h"

#include "base/json.h"
#include "chosen_server.h"
#include "fleet_world.h"

namespace claude_auth::testing {
namespace {

using Action = AdminSetupTokenOptions::Action;

constexpr char kToken[] = "sk-ant-oat01-TEST-new";

struct Stage {
  ChosenServer server;
  FleetWorld world{server.under_test()};
  std::string emo = world.add("emo");
  std::string ana = world.add("ana");

  [[nodiscard]] std::string field(const std::string& user, const char* key) {
    const StoredDocument stored = world.document_of(user);
    return std::string(string_member(stored.fields.get(), key).value_or("none"));
  }
  /// One more for each write.
  [[nodiscard]] std::uint64_t version_of(const std::string& user) {
    return world.document_of(user).version;
  }
};

void assert_said(const JobRun& run, int exit_status, const std::string& text) {
  if (!run.text.contains(text)) fail_msg("said: %s", run.text.c_str());
  assert_int_equal(run.exit_status, exit_status);
  assert_false(run.text.contains("TEST-"));
}

void a_token_is_stored_beside_what_is_there(void**) {
  Stage stage;
  stage.world.store(stage.emo, R"({"vaultwarden_user":"e","backed_up_by":"this-host"})");
  const JobRun run = stage.world.setup_token(Action::set, stage.emo, std::string(kToken) + "\n");
  assert_said(run, 0, stage.emo + ": OK setup token stored");
  assert_string_equal(stage.field(stage.emo, "setup_token").c_str(), kToken);
  assert_string_equal(stage.field(stage.emo, "vaultwarden_user").c_str(), "e");
  assert_true(stage.field(stage.emo, "setup_token_stored_at").ends_with("Z"));
}

void the_same_token_again_is_no_write(void**) {
  Stage stage;
  static_cast<void>(stage.world.setup_token(Action::set, stage.emo, kToken));
  assert_said(stage.world.setup_token(Action::set, stage.emo, kToken), 0, "already");
  assert_int_equal(stage.version_of(stage.emo), 1);
}

void a_token_of_another_user_is_refused(void**) {
  Stage stage;
  stage.world.store(stage.ana, FleetWorld::with_setup_token(kToken));
  assert_said(stage.world.setup_token(Action::set, stage.emo, kToken), 1,
              stage.emo + ": FAIL not stored, as it is the setup token of " + stage.ana);
  assert_int_equal(stage.version_of(stage.emo), 0);
}

void what_is_no_setup_token_is_refused_unasked(void**) {
  Stage stage;
  stage.server.forget_requests();
  assert_said(stage.world.setup_token(Action::set, stage.emo, "hello\n"), 1,
              "that is no setup token");
  assert_int_equal(stage.server.requests().size(), 0);
}

void who_could_not_be_compared_is_counted(void**) {
  Stage stage;
  stage.server.inject({.path = "secret/data/workstation/claude-users/" + stage.ana,
                       .times = -1,
                       .answer = error_answer(403, {"permission denied"})});
  assert_said(stage.world.setup_token(Action::set, stage.emo, kToken), 0,
              "not compared with the token of 1 other");
  assert_string_equal(stage.field(stage.emo, "setup_token").c_str(), kToken);
}

void a_user_outside_the_roster_is_refused(void**) {
  Stage stage;
  stage.server.forget_requests();
  assert_said(stage.world.setup_token(Action::set, "stranger", kToken), 1, "is not in ");
  assert_int_equal(stage.server.requests().size(), 0);
}

void without_an_admins_token_nothing_is_read(void**) {
  Stage stage;
  stage.world.admin_token.reset();
  assert_said(stage.world.setup_token(Action::set, stage.emo, kToken), 1, "VAULT_TOKEN");
}

void a_removed_token_is_gone_with_its_date(void**) {
  Stage stage;
  stage.world.store(stage.emo, FleetWorld::with_setup_token(kToken));
  assert_said(stage.world.setup_token(Action::remove, stage.emo), 0, "removed");
  assert_string_equal(stage.field(stage.emo, "setup_token").c_str(), "none");
  assert_string_equal(stage.field(stage.emo, "setup_token_stored_at").c_str(), "none");
}

void removing_none_is_no_write(void**) {
  Stage stage;
  assert_said(stage.world.setup_token(Action::remove, stage.emo), 0, "there was no setup token");
  assert_int_equal(stage.version_of(stage.emo), 0);
}

void status_tells_the_end_of_the_year(void**) {
  Stage stage;
  assert_said(stage.world.setup_token(Action::status, stage.emo), 0, "no setup token");
  stage.world.store(stage.emo, FleetWorld::with_setup_token(kToken));
  assert_said(stage.world.setup_token(Action::status, stage.emo), 0, "OK in the store, its year");
}

void status_warns_30_days_before(void**) {
  Stage stage;
  const Instant stored = Clock().now() - std::chrono::days(340);
  stage.world.store(stage.emo, R"({"setup_token":"sk-ant-oat01-TEST-old",)"
                               R"("setup_token_stored_at":")" +
                                   iso8601(stored) + "\"}");
  assert_said(stage.world.setup_token(Action::status, stage.emo), 1,
              "WARN in the store, its year ends in 25 days");
}

void status_flags_a_shared_token(void**) {
  Stage stage;
  for (const auto& user : {stage.emo, stage.ana})
    stage.world.store(user, FleetWorld::with_setup_token(kToken));
  assert_said(stage.world.setup_token(Action::status, stage.emo), 1,
              "FAIL it is the setup token of " + stage.ana);
}

void an_account_of_two_users_is_flagged(void**) {
  Stage stage;
  for (const auto& user : {stage.emo, stage.ana})
    stage.world.store(user, FleetWorld::with_login("one"));
  const std::string flagged = "to the Claude account of " + stage.ana;
  assert_said(stage.world.setup_token(Action::status, stage.emo), 0, flagged);
  assert_said(stage.world.setup_token(Action::set, stage.emo, kToken), 0, flagged);
}

int run() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_token_is_stored_beside_what_is_there),
      cmocka_unit_test(the_same_token_again_is_no_write),
      cmocka_unit_test(a_token_of_another_user_is_refused),
      cmocka_unit_test(what_is_no_setup_token_is_refused_unasked),
      cmocka_unit_test(who_could_not_be_compared_is_counted),
      cmocka_unit_test(a_user_outside_the_roster_is_refused),
      cmocka_unit_test(without_an_admins_token_nothing_is_read),
      cmocka_unit_test(a_removed_token_is_gone_with_its_date),
      cmocka_unit_test(removing_none_is_no_write),
      cmocka_unit_test(status_tells_the_end_of_the_year),
      cmocka_unit_test(status_warns_30_days_before),
      cmocka_unit_test(status_flags_a_shared_token),
      cmocka_unit_test(an_account_of_two_users_is_flagged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
