// Whether a Vault server is fit for this project, as doctor judges it; asked of the double.
#include "admin/server_check.h"

#include <sodium.h>

#include "double_server.h"
#include "fake_host.h"
#include "host_root.h"
#include "vault/mint.h"

namespace claude_auth {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::seconds;

constexpr Instant kNow{std::chrono::milliseconds(1'800'000'000'000)};

ServerHealth healthy(Millis server_is_ahead = Millis{0}) {
  return {.initialized = true,
          .sealed = false,
          .standby = false,
          .version = "2.0",
          .server_time = kNow + server_is_ahead,
          .certificate_end = kNow + std::chrono::days(90)};
}

Findings judged(const ServerHealth& health) {
  VaultSettings settings;
  settings.address = "https://vault.example.net";
  return judge_health(health, settings, kNow);
}

void a_server_that_answers_is_fine(void**) {
  assert_all_ok(judged(healthy()));
  assert_found(judged(healthy()), Status::ok, "answers, version 2.0");
  assert_found(judged(healthy()), Status::ok, "certificate ends in 90 days");
}

void a_sealed_server_is_a_failure(void**) {
  ServerHealth health = healthy();
  health.sealed = true;
  assert_found(judged(health), Status::fail, "is sealed");
}

void a_server_without_keys_is_a_failure(void**) {
  ServerHealth health = healthy();
  health.initialized = false;
  assert_found(judged(health), Status::fail, "is not initialised");
}

void a_certificate_that_ends_soon_is_a_warning(void**) {
  ServerHealth health = healthy();
  health.certificate_end = kNow + std::chrono::days(14);
  assert_all_ok(judged(health));
  *health.certificate_end -= Millis{1};
  assert_found(judged(health), Status::warn, "the server's certificate ends in 14 days");
}

void clocks_may_differ_a_little(void**) {
  assert_all_ok(judged(healthy(seconds(29))));
  assert_all_ok(judged(healthy(-seconds(29))));
}

void clocks_that_differ_are_a_warning(void**) {
  assert_found(judged(healthy(seconds(30))), Status::warn, "30 seconds apart");
  assert_found(judged(healthy(-seconds(299))), Status::warn, "299 seconds apart");
}

void clocks_that_do_harm_are_a_failure(void**) {
  assert_found(judged(healthy(seconds(300))), Status::fail, "300 seconds apart");
}

void only_kv_version_2_is_fine(void**) {
  assert_true(judge_mount(MountFacts{"kv", "2"}, "secret").status == Status::ok);
  assert_found({judge_mount(MountFacts{"kv", "1"}, "secret")}, Status::fail, "KV version 1");
  assert_found({judge_mount(MountFacts{"kv", ""}, "secret")}, Status::fail, "KV version 1");
  assert_found({judge_mount(MountFacts{"pki", ""}, "secret")}, Status::fail, "is pki, not kv");
  assert_found({judge_mount(std::nullopt, "secret")}, Status::fail, "there is no engine at secret");
}

void a_low_cap_of_tokens_is_said(void**) {
  assert_true(judge_token_ttls({hours(768), hours(768)}).status == Status::ok);
  assert_found({judge_token_ttls({hours(1), hours(72)})}, Status::warn, "capped at 72 hours");
  assert_found({judge_token_ttls({hours(1), hours(6)})}, Status::fail, "capped at 6 hours");
}

TokenRoleFacts good_role() {
  return {.allowed_policies = {},
          .allowed_policies_glob = {"workstation-claude-*"},
          .orphan = true,
          .renewable = true,
          .period = kTokenPeriod,
          .explicit_max_ttl = seconds{0}};
}

Findings judged(const std::optional<TokenRoleFacts>& role) {
  return judge_token_role("claude-auth", role, VaultSettings{}, {"emo", "ada"});
}

void a_role_of_the_documents_is_fine(void**) {
  assert_all_ok(judged(good_role()));
}

void a_role_that_is_not_there_is_a_failure(void**) {
  assert_found(judged(std::nullopt), Status::fail, "is not there");
}

void a_role_that_makes_other_tokens_is_a_failure(void**) {
  TokenRoleFacts role = good_role();
  role.orphan = false;
  assert_found(judged(role), Status::fail, "die with the admin's");
  role = good_role();
  role.renewable = false;
  assert_found(judged(role), Status::fail, "cannot be renewed");
  role = good_role();
  role.explicit_max_ttl = hours(100);
  assert_found(judged(role), Status::fail, "ends every token after 100 hours");
  role = good_role();
  role.period = seconds{0};
  assert_found(judged(role), Status::fail, "a period of 0 hours");
  role.period = hours(24);
  assert_found(judged(role), Status::warn, "a period of 24 hours");
}

void a_role_that_lacks_a_users_policy_is_a_failure(void**) {
  TokenRoleFacts role = good_role();
  role.allowed_policies_glob.clear();
  role.allowed_policies = {"workstation-claude-emo"};
  assert_found(judged(role), Status::fail,
               "does not allow the policy workstation-claude-ada: `vault write "
               "auth/token/roles/claude-auth allowed_policies_glob=workstation-claude-*`");
}

/// An admin with a token of `token` on a server of the test's own.
struct Admin {
  explicit Admin(const std::string& token = "root") {
    context.config.store = StoreKind::vault;
    context.config.vault.address = server.address();
    context.config.vault.max_retries = 0;
    if (!token.empty()) context.token = Secret::copy_of(token);
  }

  [[nodiscard]] Findings check(const std::string& role = "") const {
    return check_server(context, role, {"emo"});
  }

  /// One request as root; fails the test unless it succeeds.
  void as_root(const std::string& path, const std::string& body) {
    auto api = VaultApi::open(context.config.vault, Secret::copy_of("root"));
    const auto reply = api->post(path, body, Deadline::in(seconds(20)));
    assert_true(reply && reply->status < 300);
  }

  DoubleServer server;
  Clock clock;
  FakeHost host;
  AdminContext context{.config = {},
                       .token = std::nullopt,
                       .records_dir = "/nonexistent",
                       .clock = clock,
                       .host = host};
};

void a_fresh_server_is_fine_but_for_its_root_token(void**) {
  const Findings found = Admin().check();
  assert_found(found, Status::ok, "clock and the server's are the same");
  assert_found(found, Status::ok, "the engine at secret is KV version 2");
  assert_found(found, Status::ok, "tokens may live for 768 hours");
  assert_found(found, Status::warn, "the admin's token never ends");
}

void without_a_token_the_rest_is_not_looked_at(void**) {
  const Findings found = Admin("").check();
  assert_found(found, Status::ok, "answers");
  assert_found(found, Status::warn, "were not looked at: log in to Vault");
}

void a_token_that_the_server_refuses_is_a_failure(void**) {
  assert_found(Admin("TEST-dead").check(), Status::fail, "the admin's token is refused");
}

void a_server_that_is_away_is_a_failure(void**) {
  Admin admin;
  admin.context.config.vault.address = "http://127.0.0.1:1";
  assert_found(admin.check(), Status::fail, "127.0.0.1:1");
}

void a_server_that_is_sealed_is_a_failure(void**) {
  Admin admin;
  admin.as_root("sys/seal", "{}");
  assert_found(admin.check(), Status::fail, "is sealed");
}

void the_local_store_needs_no_server(void**) {
  Admin admin;
  admin.context.config.store = StoreKind::local;
  assert_all_ok(admin.check());
  assert_true(admin.server.requests().empty());
}

void a_missing_right_is_a_warning_that_names_the_policy(void**) {
  Admin admin;
  admin.as_root("sys/policies/acl/little",
                R"({"policy": "path \"auth/token/lookup-self\" { capabilities = [\"read\"] }"})");
  auto api = VaultApi::open(admin.context.config.vault, Secret::copy_of("root"));
  auto minted = mint_token(*api, {.display_name = "little", .policy = "little", .role = {}},
                           Deadline::in(seconds(20)));
  admin.context.token = std::move(minted->token);
  const Findings found = admin.check("claude-auth");
  for (const Finding& finding : found) assert_true(finding.status != Status::fail);
  assert_found(found, Status::warn, "docs/vault/claude-auth-admin.hcl");
}

void the_role_is_asked_for_only_where_it_is_named(void**) {
  Admin admin;
  assert_found(admin.check("claude-auth"), Status::fail, "the token role claude-auth is not there");
  admin.as_root("auth/token/roles/claude-auth",
                R"({"orphan": true, "token_period": "768h", "allowed_policies_glob": ["*"]})");
  assert_found(admin.check("claude-auth"), Status::ok,
               "the token role claude-auth is as it should be");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_server_that_answers_is_fine),
      cmocka_unit_test(a_sealed_server_is_a_failure),
      cmocka_unit_test(a_server_without_keys_is_a_failure),
      cmocka_unit_test(a_certificate_that_ends_soon_is_a_warning),
      cmocka_unit_test(clocks_may_differ_a_little),
      cmocka_unit_test(clocks_that_differ_are_a_warning),
      cmocka_unit_test(clocks_that_do_harm_are_a_failure),
      cmocka_unit_test(only_kv_version_2_is_fine),
      cmocka_unit_test(a_low_cap_of_tokens_is_said),
      cmocka_unit_test(a_role_of_the_documents_is_fine),
      cmocka_unit_test(a_role_that_is_not_there_is_a_failure),
      cmocka_unit_test(a_role_that_makes_other_tokens_is_a_failure),
      cmocka_unit_test(a_role_that_lacks_a_users_policy_is_a_failure),
      cmocka_unit_test(a_fresh_server_is_fine_but_for_its_root_token),
      cmocka_unit_test(without_a_token_the_rest_is_not_looked_at),
      cmocka_unit_test(a_token_that_the_server_refuses_is_a_failure),
      cmocka_unit_test(a_server_that_is_away_is_a_failure),
      cmocka_unit_test(a_server_that_is_sealed_is_a_failure),
      cmocka_unit_test(the_local_store_needs_no_server),
      cmocka_unit_test(a_missing_right_is_a_warning_that_names_the_policy),
      cmocka_unit_test(the_role_is_asked_for_only_where_it_is_named),
  };
  return cmocka_run_group_tests_name("server_check", tests, nullptr, nullptr);
}
