// doctor as a whole, and what it says of a roster's users.
#include "admin/host_doctor.h"

#include <sodium.h>

#include "admin/fleet_check.h"
#include "admin_world.h"
#include "double_server.h"
#include "host_root.h"

namespace claude_auth {
namespace {

using namespace testing;

DoubleServer* server = nullptr;

/// An admin of a host on which everything is installed, and of its users.
class Host : public AdminWorld {
 public:
  Host() : AdminWorld({server->address(), server->root_token(), ""}) {
    root.install();
    root.put("/etc/ssh/sshd_config", "UsePAM yes\n");
    root.put("/etc/pam.d/sshd", "session optional pam_claude.so\n");
  }

  [[nodiscard]] AdminContext context() {
    std::optional<Secret> token;
    if (admin_token) token = Secret::copy_of(*admin_token);
    return {.config = config,
            .token = std::move(token),
            .records_dir = records_dir(),
            .clock = clock_,
            .host = host,
            .is_root = true};
  }

  [[nodiscard]] JobRun doctor(std::expected<AdminContext, std::string> given) {
    return run_job([&] { return host_doctor(given, {roster_path(), "", root.tree()}); });
  }
  [[nodiscard]] JobRun doctor() { return doctor(context()); }

  HostRoot root;

 private:
  Clock clock_;
};

void assert_says(const JobRun& run, const std::string& text) {
  if (!run.text.contains(text)) fail_msg("no \"%s\" in:\n%s", text.c_str(), run.text.c_str());
}

void a_host_in_order_has_no_failure(void**) {
  Host host;
  host.add("ann");
  (void)host.provision();
  const JobRun run = host.doctor();
  assert_int_equal(run.exit_status, 0);
  assert_false(run.text.contains("FAIL"));
  assert_says(run, "OK    configuration\n");
  assert_says(run, "OK    1 user with timer and watch\n");
  assert_says(run, "OK    1 user with the right policy in Vault\n");
  assert_says(run, "OK    no two users share a token or account\n");
}

void one_failure_is_the_exit_status(void**) {
  Host host;
  host.root.put("/etc/pam.d/sshd", "session required pam_claude.so\n");
  assert_int_equal(host.doctor().exit_status, 1);
}

void without_a_configuration_the_rest_is_looked_at(void**) {
  Host host;
  const JobRun run = host.doctor(std::unexpected("claude-auth-sync.conf: no such key"));
  assert_int_equal(run.exit_status, 1);
  assert_says(run, "FAIL  claude-auth-sync.conf: no such key");
  assert_says(run, "OK    the module is");
}

void an_unknown_key_is_a_warning(void**) {
  Host host;
  host.config.unknown_keys = {"vault.adress"};
  const JobRun run = host.doctor();
  assert_says(run, "WARN  the configuration has an unknown key: vault.adress");
}

void a_faulty_roster_is_a_failure(void**) {
  Host host;
  test::put(host.roster_path(), "users: 7\n");
  const JobRun run = host.doctor();
  assert_int_equal(run.exit_status, 1);
  assert_says(run, "FAIL  " + host.roster_path() + ":1: ");
}

void a_host_without_a_roster_is_a_warning(void**) {
  Host host;
  assert_int_equal(::unlink(host.roster_path().c_str()), 0);
  const JobRun run = host.doctor();
  assert_int_equal(run.exit_status, 0);
  assert_says(run, "WARN  there is no roster");
}

void a_unit_that_reads_a_users_home_is_a_warning(void**) {
  Host host;
  host.host.person(host.add("ann")).account.user.home = "/srv/people/ann";
  host.root.put("/run/systemd/system/t3.service",
                "[Service]\nEnvironmentFile=/srv/people/ann/env\n");
  assert_says(host.doctor(), "WARN  /run/systemd/system/t3.service has an EnvironmentFile=");
}

void drift_of_policies_is_a_failure(void**) {
  Host host;
  const std::string ann = host.add("ann");
  const std::string bob = host.add("bob");
  (void)host.provision();
  const std::string cat = host.add("cat");
  host.api_post("sys/policies/acl/workstation-claude-" + ann, R"({"policy": "# mine"})");
  const Findings found = check_policies(host.context(), {ann, bob, cat});
  assert_found(found, Status::ok, "1 user with the right policy");
  assert_found(found, Status::fail,
               "is not what it should be: `claude-auth-admin provision`: " + ann);
  assert_found(found, Status::fail, "no policy in Vault: `claude-auth-admin provision`: " + cat);
}

RosterUser listed(const std::string& name, Care care) {
  return {.name = name, .email = {}, .care = care, .line = 1};
}

Findings accounts_with(UnitsState units, Care care) {
  FakeHost host;
  host.add("ann").units = units;
  return check_accounts(host, {listed("ann", care)});
}

void units_are_as_the_roster_says(void**) {
  assert_all_ok(accounts_with(UnitsState::on, Care::managed));
  assert_true(accounts_with(UnitsState::off, Care::parked).empty());
  assert_found(accounts_with(UnitsState::partly, Care::managed), Status::fail,
               "without their units: `claude-auth-admin provision`: ann");
  assert_found(accounts_with(UnitsState::on, Care::parked), Status::fail,
               "though the roster has them off");
}

void a_user_without_an_account_is_a_failure_where_managed(void**) {
  FakeHost host;
  assert_found(check_accounts(host, {listed("ann", Care::managed)}), Status::fail,
               "no users of this host");
  assert_true(check_accounts(host, {listed("ann", Care::off)}).empty());
}

void a_host_without_systemd_is_a_failure_for_managed_users(void**) {
  FakeHost host;
  host.has_manager = false;
  host.add("ann");
  assert_found(check_accounts(host, {listed("ann", Care::managed)}), Status::fail,
               "not booted by systemd");
}

void many_users_with_one_fault_are_one_line(void**) {
  FakeHost host;
  std::vector<RosterUser> users;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "user" + std::to_string(i);
    host.add(name);
    users.push_back(listed(name, Care::managed));
  }
  const Findings found = check_accounts(host, users);
  assert_int_equal(found.size(), 1);
  assert_found(found, Status::fail, ": user0, user1, user2, user3, user4 and 1995 more");
}

void a_shared_setup_token_is_a_failure(void**) {
  assert_found(judge_shared({{Shareable::setup_token, {"ann", "bob"}}}), Status::fail,
               "one setup token for several users");
  assert_found(judge_shared({{Shareable::account, {"ann", "bob"}}}), Status::warn,
               "one Claude account for several users");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  testing::DoubleServer double_server;
  server = &double_server;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_host_in_order_has_no_failure),
      cmocka_unit_test(one_failure_is_the_exit_status),
      cmocka_unit_test(without_a_configuration_the_rest_is_looked_at),
      cmocka_unit_test(an_unknown_key_is_a_warning),
      cmocka_unit_test(a_faulty_roster_is_a_failure),
      cmocka_unit_test(a_host_without_a_roster_is_a_warning),
      cmocka_unit_test(a_unit_that_reads_a_users_home_is_a_warning),
      cmocka_unit_test(drift_of_policies_is_a_failure),
      cmocka_unit_test(units_are_as_the_roster_says),
      cmocka_unit_test(a_user_without_an_account_is_a_failure_where_managed),
      cmocka_unit_test(a_host_without_systemd_is_a_failure_for_managed_users),
      cmocka_unit_test(many_users_with_one_fault_are_one_line),
      cmocka_unit_test(a_shared_setup_token_is_a_failure),
  };
  return cmocka_run_group_tests_name("host_doctor", tests, nullptr, nullptr);
}
