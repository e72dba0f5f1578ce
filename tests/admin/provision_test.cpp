// provision when something is in the way: the server, the host, the users; and what it asks of a
// server that is well.
#include <algorithm>
#include <thread>

#include "admin/records.h"
#include "admin/run_report.h"
#include "admin_world.h"
#include "chosen_server.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

/// A world with a server of its own.
struct OwnServer {
  ChosenServer server;
};
class World : private OwnServer, public AdminWorld {
 public:
  World() : AdminWorld(server.under_test()) {}

  using OwnServer::server;

  /// Requests that change something on the server, as "METHOD PATH", since the last call.
  std::vector<std::string> take_writes() {
    std::vector<std::string> writes;
    for (const SeenRequest& request : server.requests()) {
      if (request.is_write()) writes.push_back(request.method + " " + request.path);
    }
    server.forget_requests();
    return writes;
  }

  /// From now on every request whose path begins like this gets that answer.
  void refuse(const std::string& path, unsigned status, const char* error) {
    Fault fault;
    fault.path = path;
    fault.times = -1;
    fault.answer = error_answer(status, {error});
    server.inject(std::move(fault));
  }
};

void assert_text(const std::string& found, const std::string& expected) {
  assert_string_equal(found.c_str(), expected.c_str());
}

void a_user_costs_one_policy_and_one_token(void**) {
  World world;
  const std::string user = world.add("ann");
  (void)world.provision();
  const auto writes = world.take_writes();
  assert_int_equal(writes.size(), 2);
  assert_text(writes[0], "POST sys/policies/acl/workstation-claude-" + user);
  assert_text(writes[1], "POST auth/token/create-orphan");
}

void the_second_run_sends_no_write(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob", "cat"});
  (void)world.provision();
  world.take_writes();
  (void)world.provision();
  // The policy, the user's own look-up, and that of the token he names.
  assert_int_equal(world.server.requests().size(), 3 * users.size());
  assert_int_equal(world.take_writes().size(), 0);
}

void a_dry_run_sends_no_write(void**) {
  World world;
  const std::string user = world.add("ann");
  (void)world.provision();
  world.add("bob");
  world.host.person(user).token.reset();
  world.take_writes();
  (void)world.dry_run();
  assert_int_equal(world.take_writes().size(), 0);
}

void a_server_that_is_sealed_midway_is_not_asked_any_more(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob", "cat", "dan"});
  Fault sealed;
  sealed.path = "sys/policies/acl/workstation-claude-" + users[1];
  sealed.answer = error_answer(503, {"Vault is sealed"});
  world.server.inject(sealed);
  const JobRun run = world.provision();
  assert_true(run.line_of(users[0]).starts_with(users[0] + ": OK "));
  assert_true(run.line_of(users[1]).starts_with(users[1] + ": FAIL policy not checked: "));
  assert_text(run.line_of(users[2]), users[2] + ": WARN units enabled");
  assert_true(run.text.contains("FAIL Vault was not asked any more, and 2 users not checked: "));
  assert_text(run.last_line(), "4 users: 0 unchanged, 1 changed, 1 failed, 2 left to do");
  assert_int_equal(run.exit_status, 1);
  for (const SeenRequest& request : world.server.requests()) {
    assert_false(request.path.ends_with(users[2]));
  }
}

void a_server_that_is_not_there_costs_nobody_his_units(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  world.config.vault.address = "http://127.0.0.1:1";
  const JobRun run = world.provision();
  for (const std::string& user : users) {
    assert_true(world.host.person(user).units == UnitsState::on);
  }
  assert_int_equal(run.exit_status, 1);
}

void a_user_whose_program_cannot_ask_the_server_has_it_asked(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  world.admin_token.reset();
  world.host.person(users[0]).answers["vault-token check"] =
      printed(R"({"format":1,"state":"unknown","problem":"vault: looking up: timed out"})");
  Fault sealed;
  sealed.path = "sys/health";
  sealed.answer = {503, R"({"initialized":true,"sealed":true,"standby":true})", {}};
  world.server.inject(sealed);
  const JobRun run = world.provision();
  assert_true(run.line_of(users[0]).starts_with(
      users[0] + ": FAIL token not checked: vault: looking up: timed out"));
  assert_true(run.text.contains("FAIL Vault was not asked any more, and 1 user not checked: "));
}

void one_user_whose_program_fails_stops_nobody(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  world.host.person(users[0]).answers["vault-token check"] =
      printed(R"({"format":1,"state":"unknown","problem":"no answer"})");
  const JobRun run = world.provision();
  assert_text(run.line_of(users[0]),
              users[0] + ": FAIL policy written; token not checked: no answer; units enabled");
  assert_true(world.is_provisioned(users[1]));
}

void many_users_who_hang_do_not_cost_the_day(void**) {
  constexpr int kHanging = 8;
  World world;
  Finished hung = printed("");
  hung.timed_out = true;
  for (int i = 0; i < kHanging; ++i) {
    world.host.person(world.add("hangs")).answers["vault-token check"] = hung;
  }
  const std::string last = world.add("ann");
  const JobRun run = world.provision();
  assert_true(world.host.patience.front() > Millis(40'000));
  assert_true(world.host.patience[kHanging - 1] <= Millis(3'000));
  assert_true(run.text.contains("WARN 8 programs of users did not end in time: "));
  assert_true(world.is_provisioned(last));
}

void a_token_that_cannot_be_delivered_is_revoked_at_once(void**) {
  World world;
  const std::string user = world.add("ann");
  Finished refused = printed("", 1);
  refused.standard_error = "FAIL /home/ann/.config is somebody else's\n";
  world.host.person(user).answers["vault-token set"] = refused;
  const JobRun run = world.provision();
  assert_text(run.line_of(user),
              user +
                  ": FAIL policy written; token not delivered: claude-auth-sync vault-token set "
                  "failed: FAIL /home/ann/.config is somebody else's; units enabled");
  assert_text(world.take_writes().back(), "POST auth/token/revoke-accessor");
  assert_true(*read_record(world.records_dir(), user) == TokenRecord{});
}

void a_failed_delivery_leaves_the_token_before_alone(void**) {
  World world;
  const std::string user = world.add("ann");
  (void)world.provision();
  const std::string before = world.token_of(user)->accessor;
  world.host.person(user).answers["vault-token check"] =
      printed(R"({"format":1,"state":"absent"})");
  world.host.person(user).answers["vault-token set"] = printed("", 1);
  (void)world.provision();
  assert_true(world.token_behind(before).has_value());
  assert_text(read_record(world.records_dir(), user)->accessor, before);
}

void a_token_that_could_not_be_revoked_is_by_the_next_run(void**) {
  World world;
  const std::string user = world.add("ann");
  (void)world.provision();
  const std::string before = world.token_of(user)->accessor;
  world.host.person(user).token.reset();
  world.refuse("auth/token/revoke-accessor", 403, "permission denied");
  const JobRun failed = world.provision();
  assert_true(failed.line_of(user).starts_with(
      user + ": FAIL token minted: there was none; old token not revoked: "));
  world.server.clear_faults();
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK 1 old token revoked");
  assert_false(world.token_behind(before).has_value());
}

void a_record_that_is_none_fails_its_user_alone(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  (void)world.provision();
  test::put(world.records_dir() + "/" + users[0] + ".json", "no record");
  const JobRun run = world.provision();
  assert_true(run.line_of(users[0]).contains(": FAIL "));
  assert_text(run.last_line(), "2 users: 1 unchanged, 0 changed, 1 failed");
}

void what_a_user_says_cannot_paint_the_terminal(void**) {
  World world;
  const std::string user = world.add("ann");
  world.host.person(user).answers["vault-token check"] =
      printed("{\"format\":1,\"state\":\"unknown\",\"problem\":\"\\u001b[2J\\nbob: OK\"}");
  const JobRun run = world.provision();
  assert_false(run.text.contains('\033'));
  assert_false(run.text.contains("\nbob: OK"));
}

void output_that_is_no_report_is_an_unknown_token(void**) {
  for (const char* const text :
       {"", "null", "{", "[]", R"({"state":"absent"})", R"({"format":2,"state":"absent"})",
        R"({"format":1,"state":"present"})", R"({"format":1,"state":7})",
        R"({"format":1,"state":"ours"})", R"({"format":1,"state":"ours","accessor":"a b"})"}) {
    World world;
    const std::string user = world.add("ann");
    world.host.person(user).answers["vault-token check"] = printed(text);
    (void)world.provision();
    if (world.host.person(user).token) fail_msg("a token was minted over: %s", text);
  }
}

void an_unknown_user_stops_everything_before_it_begins(void**) {
  World world;
  world.add("ann");
  world.list("nobody-of-this-name", "claude_auth: true");
  const JobRun run = world.provision();
  assert_text(run.text, world.roster_path() +
                            ":3: this host knows no user nobody-of-this-name\nNothing was done.\n");
  assert_int_equal(run.exit_status, 1);
  assert_true(world.host.changes.empty());
  assert_int_equal(world.server.requests().size(), 0);
}

void a_user_who_is_not_in_the_roster_is_refused(void**) {
  World world;
  world.add("ann");
  const JobRun run = world.provision({.roster = {}, .user = "zed", .token_role = {}});
  assert_true(run.text.contains("has no user zed"));
  assert_int_equal(run.exit_status, 1);
}

void only_root_may_provision(void**) {
  World world;
  world.add("ann");
  world.is_root = false;
  assert_int_equal(world.provision().exit_status, 1);
  assert_true(world.host.changes.empty());
}

void only_root_may_deprovision(void**) {
  World world;
  const std::string user = world.add("ann");
  (void)world.provision();
  world.is_root = false;
  world.host.changes.clear();
  assert_int_equal(world.deprovision(user).exit_status, 1);
  assert_true(world.host.changes.empty());
}

void with_a_local_store_only_units_are_looked_after(void**) {
  World world;
  const std::string user = world.add("ann");
  world.config.store = StoreKind::local;
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK units enabled");
  assert_int_equal(run.exit_status, 0);
  assert_int_equal(world.server.requests().size(), 0);
}

void a_host_without_systemd_has_no_units_to_enable(void**) {
  World world;
  const std::string user = world.add("ann");
  world.host.has_manager = false;
  const JobRun run = world.provision();
  assert_text(run.line_of(user), user + ": OK policy written; token minted: there was none");
  assert_true(run.text.contains("this host was not booted by systemd: there are no units"));
  assert_int_equal(run.exit_status, 0);
}

void units_that_cannot_be_enabled_fail_their_user(void**) {
  World world;
  const auto users = world.add_all({"ann", "bob"});
  world.host.on_change = [&](const std::string& change) -> std::optional<std::string> {
    if (change != "enable " + users[0]) return std::nullopt;
    return "systemctl enable: no";
  };
  const JobRun run = world.provision();
  assert_true(run.line_of(users[0]).ends_with("units not enabled: systemctl enable: no"));
  assert_true(world.host.person(users[1]).units == UnitsState::on);
  assert_int_equal(run.exit_status, 1);
}

void a_watch_that_ended_is_started_again_once_the_user_is_enrolled(void**) {
  World world;
  const std::string user = world.add("ann");
  world.admin_token.reset();
  (void)world.provision();
  world.host.person(user).units = UnitsState::waiting;
  const JobRun left = world.provision();
  assert_false(left.text.contains("units"));
  world.admin_token = world.server.root_token();
  assert_true(world.provision().line_of(user).ends_with("; units enabled"));
}

void with_a_local_store_the_user_says_whether_he_is_enrolled(void**) {
  for (const bool enrolled : {false, true}) {
    World world;
    const std::string user = world.add("ann");
    world.config.store = StoreKind::local;
    world.host.person(user).units = UnitsState::waiting;
    world.host.person(user).answers["status --json --local"] =
        printed(std::string(R"({"format":1,"enrolled":)") + (enrolled ? "true}" : "false}"));
    assert_int_equal(world.provision().line_of(user).contains("units enabled"), enrolled);
  }
}

void a_display_name_that_vault_gives_nobody_is_refused(void**) {
  World world;
  const std::string user = world.add("ann");
  world.config.vault.token_display_name = "devvm-%u";
  const JobRun run = world.provision();
  assert_true(run.line_of(user).contains("token_display_name"));
  assert_int_equal(run.exit_status, 1);
}

void a_path_that_a_policy_would_take_for_a_pattern_is_refused(void**) {
  World world;
  world.add("ann");
  world.config.vault.path = "workstation/*/%u";
  const JobRun run = world.provision();
  assert_true(run.text.ends_with("Nothing was done.\n"));
  assert_int_equal(run.exit_status, 1);
}

void two_runs_at_once_mint_one_token(void**) {
  World world;
  world.add("ann");
  // The other run begins in the middle of this one, and has to wait for its end.
  std::jthread other;
  world.host.on_change = [&](const std::string& change) -> std::optional<std::string> {
    if (change.starts_with("deliver ") && !other.joinable()) {
      other = std::jthread([&] { (void)world.provision_beside(); });
    }
    return std::nullopt;
  };
  const JobRun run = run_job([&] {
    const int exit_status = world.provision_beside();
    other.join();
    return exit_status;
  });
  const auto writes = world.take_writes();
  assert_int_equal(std::ranges::count(writes, "POST auth/token/create-orphan"), 1);
  assert_true(run.text.contains("1 user: 1 unchanged, 0 changed, 0 failed\n"));
}

int run() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_user_costs_one_policy_and_one_token),
      cmocka_unit_test(the_second_run_sends_no_write),
      cmocka_unit_test(a_dry_run_sends_no_write),
      cmocka_unit_test(a_server_that_is_sealed_midway_is_not_asked_any_more),
      cmocka_unit_test(a_server_that_is_not_there_costs_nobody_his_units),
      cmocka_unit_test(a_user_whose_program_cannot_ask_the_server_has_it_asked),
      cmocka_unit_test(one_user_whose_program_fails_stops_nobody),
      cmocka_unit_test(many_users_who_hang_do_not_cost_the_day),
      cmocka_unit_test(a_token_that_cannot_be_delivered_is_revoked_at_once),
      cmocka_unit_test(a_failed_delivery_leaves_the_token_before_alone),
      cmocka_unit_test(a_token_that_could_not_be_revoked_is_by_the_next_run),
      cmocka_unit_test(a_record_that_is_none_fails_its_user_alone),
      cmocka_unit_test(what_a_user_says_cannot_paint_the_terminal),
      cmocka_unit_test(output_that_is_no_report_is_an_unknown_token),
      cmocka_unit_test(an_unknown_user_stops_everything_before_it_begins),
      cmocka_unit_test(a_user_who_is_not_in_the_roster_is_refused),
      cmocka_unit_test(only_root_may_provision),
      cmocka_unit_test(only_root_may_deprovision),
      cmocka_unit_test(with_a_local_store_only_units_are_looked_after),
      cmocka_unit_test(a_host_without_systemd_has_no_units_to_enable),
      cmocka_unit_test(units_that_cannot_be_enabled_fail_their_user),
      cmocka_unit_test(a_watch_that_ended_is_started_again_once_the_user_is_enrolled),
      cmocka_unit_test(with_a_local_store_the_user_says_whether_he_is_enrolled),
      cmocka_unit_test(a_display_name_that_vault_gives_nobody_is_refused),
      cmocka_unit_test(a_path_that_a_policy_would_take_for_a_pattern_is_refused),
      cmocka_unit_test(two_runs_at_once_mint_one_token),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
