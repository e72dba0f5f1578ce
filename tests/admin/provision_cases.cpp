#include "provision_cases.h"

#include "admin/records.h"
#include "admin/run_report.h"
#include "admin_world.h"
#include "vault/kv.h"
#include "vault/policy.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

using test::exists;

const ServerUnderTest* under_test = nullptr;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

class World : public AdminWorld {
 public:
  World() : AdminWorld(*under_test) {}

  /// One user who was provisioned just now.
  std::string provisioned(const std::string& name) {
    std::string user = add(name);
    assert_int_equal(provision({.roster = {}, .user = user, .token_role = {}}).exit_status, 0);
    return user;
  }
};

void assert_text(const std::string& found, const std::string& expected) {
  assert_string_equal(found.c_str(), expected.c_str());
}

void the_first_run_gives_everybody_all_that_he_needs(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob", "cat"});
  const JobRun run = world.provision();
  for (const std::string& user : users) {
    assert_text(run.line_of(user),
                user + ": OK policy written; token minted: there was none; units enabled");
    assert_text(world.policy_of(user).value_or(""), user_policy(world.config.vault, user));
    assert_true(world.is_provisioned(user));
    assert_true(world.host.person(user).units == UnitsState::on);
  }
  assert_text(run.last_line(), "3 users: 0 unchanged, 3 changed, 0 failed");
  assert_int_equal(run.exit_status, 0);
}

void a_token_is_an_orphan_of_32_days_that_can_be_renewed(void**) {
  World world;
  const auto facts = world.token_of(world.provisioned("ann"));
  assert_true(facts->renewable);
  assert_in_range(facts->ttl->count(), 768 * 3600 - 120, 768 * 3600);
}

void the_second_run_changes_nothing(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  const auto token = world.host.person(users[0]).token;
  world.host.changes.clear();
  const JobRun run = world.provision();
  assert_text(run.text, "2 users: 2 unchanged, 0 changed, 0 failed\n");
  assert_int_equal(run.exit_status, 0);
  assert_true(world.host.changes.empty());
  assert_true(world.host.person(users[0]).token == token);
}

void a_dry_run_says_what_the_run_then_does(void**) {
  World world;
  world.add_all({"ann", "bob"});
  JobRun dry = world.dry_run();
  const JobRun real = world.provision();
  assert_text(dry.lines().front(), "Dry run: this would be done, and nothing is.");
  assert_text(dry.text.substr(dry.text.find('\n') + 1), real.text);
}

void a_dry_run_of_a_repair_says_what_the_run_then_does(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  world.host.person(user).token.reset();
  world.host.person(user).units = UnitsState::partly;
  const JobRun dry = world.dry_run();
  const JobRun real = world.provision();
  assert_text(real.line_of(user),
              user + ": OK token minted: there was none; 1 old token revoked; units enabled");
  assert_text(dry.line_of(user), real.line_of(user));
}

void a_dry_run_changes_nothing(void**) {
  World world;
  const std::string user = world.add("ann");
  assert_int_equal(world.dry_run().exit_status, 0);
  assert_false(world.policy_of(user).has_value());
  assert_true(world.host.changes.empty());
  assert_false(exists(world.records_dir()));
}

void a_drifted_policy_is_written_anew(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  world.api_post("sys/policies/acl/workstation-claude-" + user,
                 R"({"policy":"path \"secret/data/other\" { capabilities = [\"read\"] }"})");
  // Without its old policy the token cannot even look itself up, unless `default` allows that.
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK policy written anew: it differed");
  assert_text(*world.policy_of(user), user_policy(world.config.vault, user));
}

void a_dead_token_is_replaced(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  world.api_post("auth/token/revoke-accessor",
                 R"({"accessor":")" + world.token_of(user)->accessor + R"("})");
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK token minted: the one in place was dead");
  assert_true(world.is_provisioned(user));
}

void a_foreign_token_is_replaced_and_not_revoked(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  world.host.person(users[0]).token = world.host.person(users[1]).token;
  const JobRun run = world.provision();
  assert_text(run.line_of(users[0]), users[0] +
                                         ": OK token minted: the one in place was not the user's "
                                         "own; 1 old token revoked");
  assert_true(world.is_provisioned(users[0]));
  assert_true(world.is_provisioned(users[1]));
}

void the_token_that_a_new_one_replaces_is_revoked(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  const std::string old = world.token_of(user)->accessor;
  world.host.person(user).token.reset();
  (void)world.provision();
  assert_false(world.token_behind(old).has_value());
  assert_true(world.is_provisioned(user));
}

void a_good_token_made_by_hand_is_kept_and_recorded(void**) {
  World world;
  const std::string user = world.add("ann");
  world.host.person(user).token = world.mint(user, R"(,"period":"768h")");
  const auto by_hand = world.host.person(user).token;
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK policy written; token recorded; units enabled");
  assert_true(world.host.person(user).token == by_hand);
  assert_text(read_record(world.records_dir(), user)->accessor, world.token_of(user)->accessor);
}

void somebody_elses_accessor_is_neither_revoked_nor_recorded(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  const std::string others = world.token_of(users[1])->accessor;
  world.host.person(users[0]).answers["vault-token check"] =
      printed(R"({"format":1,"state":"ours","accessor":")" + others + R"("})");
  const JobRun run = world.provision();
  assert_text(
      run.line_of(users[0]),
      users[0] + ": FAIL the user names somebody else's token as his own: nothing was done");
  assert_int_equal(run.exit_status, 1);
  assert_true(world.is_provisioned(users[1]));
  assert_string_not_equal(read_record(world.records_dir(), users[0])->accessor.c_str(),
                          others.c_str());
}

void a_token_is_minted_through_a_role(void**) {
  World world;
  const std::string user = world.add("ann");
  world.api_post("auth/token/roles/" + user,
                 R"({"orphan":true,"renewable":true,"token_period":"768h",)"
                 R"("allowed_policies":["workstation-claude-)" +
                     user + R"("]})");
  const JobRun run = world.provision({.roster = {}, .user = {}, .token_role = user});
  assert_text(run.line_of(user),
              user + ": OK policy written; token minted: there was none; units enabled");
  assert_true(world.is_provisioned(user));
}

void a_role_that_does_not_allow_the_policy_fails_the_user(void**) {
  World world;
  const std::string user = world.add("ann");
  world.api_post("auth/token/roles/" + user,
                 R"({"orphan":true,"token_period":"768h","allowed_policies":["other"]})");
  const JobRun run = world.provision({.roster = {}, .user = {}, .token_role = user});
  assert_true(run.line_of(user).starts_with(user + ": FAIL policy written; no token minted: "));
  assert_false(world.host.person(user).token.has_value());
}

void the_configurations_role_is_taken_where_no_other_is_named(void**) {
  World world;
  const std::string user = world.add("ann");
  world.api_post("auth/token/roles/" + user, R"({"orphan":true,"allowed_policies":["other"]})");
  world.config.vault.token_role = user;
  const JobRun run = world.provision();
  assert_true(run.line_of(user).contains("FAIL policy written; no token minted: "));
}

void a_capped_ttl_is_said(void**) {
  World world;
  const std::string user = world.add("ann");
  world.api_post("sys/mounts/auth/token/tune", R"({"max_lease_ttl":"24h"})");
  const JobRun run = world.provision();
  world.api_post("sys/mounts/auth/token/tune", R"({"max_lease_ttl":"0"})");
  assert_true(run.line_of(user).starts_with(
      user + ": WARN policy written; the token lives 1 day, not 32 days: "));
  assert_int_equal(run.exit_status, 0);
}

void without_permission_each_user_fails_and_has_his_units(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  world.admin_token = world.mint("nobody");
  const JobRun run = world.provision();
  for (const std::string& user : users) {
    assert_true(run.line_of(user).starts_with(user + ": FAIL policy not checked: vault: "));
    assert_true(run.line_of(user).ends_with("; units enabled"));
  }
  assert_text(run.last_line(), "2 users: 0 unchanged, 0 changed, 2 failed");
  assert_int_equal(run.exit_status, 1);
}

void without_an_admins_token_what_needs_one_is_left(void**) {
  World world;
  const std::string ready = world.provisioned("ann");
  const std::string fresh = world.add("bob");
  world.admin_token.reset();
  const JobRun run = world.provision();
  assert_text(run.line_of(ready), "");
  assert_text(run.line_of(fresh),
              fresh +
                  ": WARN token to mint, with an admin's Vault token: there was none; units "
                  "enabled");
  assert_text(run.last_line(), "2 users: 1 unchanged, 0 changed, 0 failed, 1 left to do");
  assert_int_equal(run.exit_status, kLeftToDo);
}

void only_the_named_user_is_provisioned(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  const JobRun run = world.provision({.roster = {}, .user = users[1], .token_role = {}});
  assert_text(run.last_line(), "1 user: 0 unchanged, 1 changed, 0 failed");
  assert_false(world.host.person(users[0]).token.has_value());
}

void a_user_who_is_not_looked_after_keeps_all_but_his_units(void**) {
  for (const char* const keys : {"claude_auth: false", "claude_auth: true, parked: true"}) {
    World world;
    const std::string user = world.provisioned("ann");
    world.list(user, keys);
    const JobRun run = world.provision();
    assert_text(run.line_of(user), user + ": OK units disabled");
    assert_true(world.is_provisioned(user));
  }
}

void deprovision_takes_everything_back(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  const std::string accessor = world.token_of(user)->accessor;
  world.list(user, "claude_auth: false");
  const JobRun run = world.deprovision(user);
  assert_text(run.line_of(user), user + ": OK units disabled; token file removed; 1 token revoked");
  assert_int_equal(run.exit_status, 0);
  assert_false(world.host.person(user).token.has_value());
  assert_false(world.token_behind(accessor).has_value());
  assert_true(world.host.person(user).units == UnitsState::off);
  assert_true(*read_record(world.records_dir(), user) == TokenRecord{});
}

void deprovision_leaves_the_others_untouched(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  (void)world.deprovision(users[0]);
  assert_true(world.is_provisioned(users[1]));
  assert_true(world.host.person(users[1]).units == UnitsState::on);
}

void deprovision_again_changes_nothing(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  world.list(user, "claude_auth: false");
  (void)world.deprovision(user);
  const JobRun run = world.deprovision(user);
  assert_text(run.text, "1 user: 1 unchanged, 0 changed, 0 failed\n");
  assert_int_equal(run.exit_status, 0);
}

void deprovision_revokes_the_token_of_a_user_who_is_gone(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  const std::string accessor = world.token_of(user)->accessor;
  world.list(user, "claude_auth: false");
  world.host.forget(user);
  const JobRun run = world.deprovision(user);
  assert_text(run.line_of(user), user + ": OK 1 token revoked");
  assert_false(world.token_behind(accessor).has_value());
}

void deprovision_of_a_name_that_is_nobodys_is_no_plain_success(void**) {
  World world;
  const JobRun run = world.deprovision("ann-misspelt");
  assert_text(
      run.line_of("ann-misspelt"),
      "ann-misspelt: WARN this host knows no such user, and there was nothing to take back");
}

void deprovision_revokes_a_token_that_no_record_names(void**) {
  World world;
  const std::string user = world.add("ann");
  world.host.person(user).token = world.mint(user);
  const std::string accessor = world.accessor_of(*world.host.person(user).token);
  (void)world.deprovision(user);
  assert_false(world.token_behind(accessor).has_value());
}

void deprovision_never_revokes_somebody_elses_token(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  const std::string others = world.token_of(users[1])->accessor;
  world.host.person(users[0]).answers["vault-token check"] =
      printed(R"({"format":1,"state":"ours","accessor":")" + others + R"("})");
  const JobRun run = world.deprovision(users[0]);
  assert_true(run.line_of(users[0]).contains("is not " + users[0] + "'s: not revoked"));
  assert_true(world.is_provisioned(users[1]));
}

void deprovision_without_an_admins_token_leaves_a_record_to_go_on_from(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  const std::string accessor = world.token_of(user)->accessor;
  world.list(user, "claude_auth: false");
  const auto token = std::exchange(world.admin_token, std::nullopt);
  const JobRun without = world.deprovision(user);
  assert_text(without.line_of(user),
              user +
                  ": WARN units disabled; token file removed; token to revoke, with an admin's "
                  "Vault token");
  assert_int_equal(without.exit_status, kLeftToDo);
  world.admin_token = token;
  assert_text(world.deprovision(user).line_of(user), user + ": OK 1 token revoked");
  assert_false(world.token_behind(accessor).has_value());
}

void deprovision_warns_of_a_roster_that_brings_the_user_back(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  const JobRun run = world.deprovision(user);
  assert_true(
      run.line_of(user).contains("the next provision gives all of it back: set "
                                 "claude_auth: false in line 2 of "));
}

void purge_deletes_the_document_and_nothing_else_does(void**) {
  World world;
  const std::string user = world.provisioned("ann");
  auto api = VaultApi::open(world.config.vault, Secret::copy_of(under_test->root_token));
  KvStore store(*api, "workstation/claude-users/" + user);
  const Json fields = new_object();
  set_string(fields.get(), "other_tools_key", "TEST");
  assert_true(store.write(*fields, 0, soon()).has_value());
  (void)world.deprovision(user);
  assert_non_null(store.read(soon())->fields.get());
  assert_true(world.deprovision(user, true).line_of(user).contains("document deleted"));
  assert_int_equal(store.read(soon())->version, 0);
}

}  // namespace

int run_provision_cases(const ServerUnderTest& server, const char* name) {
  under_test = &server;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_first_run_gives_everybody_all_that_he_needs),
      cmocka_unit_test(a_token_is_an_orphan_of_32_days_that_can_be_renewed),
      cmocka_unit_test(the_second_run_changes_nothing),
      cmocka_unit_test(a_dry_run_says_what_the_run_then_does),
      cmocka_unit_test(a_dry_run_of_a_repair_says_what_the_run_then_does),
      cmocka_unit_test(a_dry_run_changes_nothing),
      cmocka_unit_test(a_drifted_policy_is_written_anew),
      cmocka_unit_test(a_dead_token_is_replaced),
      cmocka_unit_test(a_foreign_token_is_replaced_and_not_revoked),
      cmocka_unit_test(the_token_that_a_new_one_replaces_is_revoked),
      cmocka_unit_test(a_good_token_made_by_hand_is_kept_and_recorded),
      cmocka_unit_test(somebody_elses_accessor_is_neither_revoked_nor_recorded),
      cmocka_unit_test(a_token_is_minted_through_a_role),
      cmocka_unit_test(a_role_that_does_not_allow_the_policy_fails_the_user),
      cmocka_unit_test(the_configurations_role_is_taken_where_no_other_is_named),
      cmocka_unit_test(a_capped_ttl_is_said),
      cmocka_unit_test(without_permission_each_user_fails_and_has_his_units),
      cmocka_unit_test(without_an_admins_token_what_needs_one_is_left),
      cmocka_unit_test(only_the_named_user_is_provisioned),
      cmocka_unit_test(a_user_who_is_not_looked_after_keeps_all_but_his_units),
      cmocka_unit_test(deprovision_takes_everything_back),
      cmocka_unit_test(deprovision_leaves_the_others_untouched),
      cmocka_unit_test(deprovision_again_changes_nothing),
      cmocka_unit_test(deprovision_revokes_the_token_of_a_user_who_is_gone),
      cmocka_unit_test(deprovision_of_a_name_that_is_nobodys_is_no_plain_success),
      cmocka_unit_test(deprovision_revokes_a_token_that_no_record_names),
      cmocka_unit_test(deprovision_never_revokes_somebody_elses_token),
      cmocka_unit_test(deprovision_without_an_admins_token_leaves_a_record_to_go_on_from),
      cmocka_unit_test(deprovision_warns_of_a_roster_that_brings_the_user_back),
      cmocka_unit_test(purge_deletes_the_document_and_nothing_else_does),
  };
  return cmocka_run_group_tests_name(name, tests, nullptr, nullptr);
}

}  // namespace claude_auth::testing
