// What an admin relies on besides tokens: policies, purging, what a server tells about itself, and
// that each call says why it is refused.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance_fixture.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/server_facts.h"
#include "vault/token.h"

namespace claude_auth::testing {
namespace {

VaultApi nobody() {
  return somebody("conformance-nobody", rule("secret/data/nothing", R"("read")"));
}

// ---- policies

void a_policy_comes_back_verbatim(void**) {
  Admin root;
  const std::string text = "# who: \"ann\"\n" + user_policy({}, "ann") + "\n\n";
  assert_done(write_policy(root.api(), "conformance-verbatim", text, soon()));
  const auto read = read_policy(root.api(), "conformance-verbatim", soon());
  assert_done(read);
  assert_string_equal(read->value().c_str(), text.c_str());
}

void a_policy_is_replaced(void**) {
  Admin root;
  assert_done(write_policy(root.api(), "conformance-drift", user_policy({}, "ann"), soon()));
  assert_done(write_policy(root.api(), "conformance-drift", user_policy({}, "bob"), soon()));
  const auto read = read_policy(root.api(), "conformance-drift", soon());
  assert_done(read);
  assert_string_equal(read->value().c_str(), user_policy({}, "bob").c_str());
}

void a_policy_is_found_whatever_its_case(void**) {
  Admin root;
  assert_done(write_policy(root.api(), "conformance-Case.x@y z", user_policy({}, "J"), soon()));
  const auto read = read_policy(root.api(), "conformance-case.x@y z", soon());
  assert_done(read);
  assert_true(read->has_value());
}

void a_policy_that_is_not_there_is_none(void**) {
  const auto read = read_policy(Admin().api(), "no-such-policy", soon());
  assert_done(read);
  assert_false(read->has_value());
}

void what_is_no_policy_is_refused(void**) {
  assert_failed(write_policy(Admin().api(), "conformance-bad", "path {", soon()),
                StoreErrorKind::misconfigured);
}

void a_users_policy_needs_no_default(void**) {
  Admin root;
  assert_done(write_policy(root.api(), "workstation-claude-sue", user_policy({}, "sue"), soon()));
  VaultApi user = api_as(root.token(
      R"({"policies":["workstation-claude-sue"],"no_default_policy":true,"period":"768h"})"));
  assert_done(look_up_self(user, soon()));
  assert_done(renew_self(user, soon()));
  KvStore own(user, "workstation/claude-users/sue");
  assert_done(own.write(*new_object(), 0, soon()));
  assert_done(own.write(*new_object(), 1, soon()));
  assert_failed(own.purge(soon()), StoreErrorKind::denied);
  KvStore other(user, "workstation/claude-users/sue2");
  assert_failed(other.read(soon()), StoreErrorKind::denied);
}

// ---- documents

void a_purged_document_has_never_been(void**) {
  Admin root;
  KvStore store(root.api(), "conformance/purged");
  assert_done(store.write(*new_object(), 0, soon()));
  assert_done(store.write(*new_object(), 1, soon()));
  assert_done(store.purge(soon()));
  const auto document = store.read(soon());
  assert_done(document);
  assert_null(document->fields.get());
  assert_int_equal(document->version, 0);
  const auto version = store.write(*new_object(), 0, soon());
  assert_done(version);
  assert_int_equal(*version, 1);
}

void a_document_that_is_not_there_is_purged(void**) {
  assert_done(KvStore(Admin().api(), "conformance/never-purged").purge(soon()));
}

void nothing_is_purged_from_version_1(void**) {
  Admin root;
  root.post("sys/mounts/old-purge", R"({"type":"kv","options":{"version":"1"}})");
  VaultApi api = VaultApi::open(settings_for("old-purge"), secret(under_test->root_token)).value();
  assert_failed(KvStore(api, "x").purge(soon()), StoreErrorKind::misconfigured);
}

// ---- what a server tells

void an_active_server_tells_its_health(void**) {
  VaultApi stranger = api_as(secret("s.TESTnosuchtoken"));
  const auto health = read_health(stranger, soon());
  assert_done(health);
  assert_true(health->initialized);
  assert_false(health->sealed);
  assert_false(health->standby);
  assert_false(health->version.empty());
  const Instant now = Clock().now();
  assert_true(health->server_time > now - std::chrono::minutes(1));
  assert_true(health->server_time < now + std::chrono::minutes(1));
}

void a_mount_is_told_to_whoever_is_below_it(void**) {
  VaultApi user = nobody();
  const auto mount = read_mount(user, "secret/", soon());
  assert_done(mount);
  assert_string_equal(mount->value().type.c_str(), "kv");
  assert_string_equal(mount->value().version.c_str(), "2");
}

void that_there_is_no_mount_is_told_to_an_admin(void**) {
  const auto mount = read_mount(Admin().api(), "no-such-mount", soon());
  assert_done(mount);
  assert_false(mount->has_value());
}

void that_there_is_no_mount_is_told_to_nobody_else(void**) {
  VaultApi user = nobody();
  assert_failed(read_mount(user, "no-such-mount", soon()), StoreErrorKind::denied);
}

void token_ttls_are_told_without_sudo(void**) {
  VaultApi reader = somebody("conformance-ttls", rule("sys/mounts/auth/token/tune", R"("read")") +
                                                     rule("sys/auth/token/tune", R"("read")"));
  const auto ttls = read_token_ttls(reader, soon());
  assert_done(ttls);
  assert_int_equal(ttls->maximum.count(), 2'764'800);
  const auto reply = reader.get("sys/auth/token/tune", soon());
  assert_done(reply);
  assert_int_equal(reply->status, 403);
}

void a_token_role_tells_its_limits(void**) {
  make_role("conformance-facts");
  const auto role = read_token_role(Admin().api(), "conformance-facts", soon());
  assert_done(role);
  assert_true(role->has_value());
  assert_true((*role)->orphan);
  assert_true((*role)->renewable);
  assert_int_equal((*role)->period.count(), 2'764'800);
  assert_int_equal((*role)->explicit_max_ttl.count(), 0);
  assert_true((*role)->allowed_policies.empty());
  assert_true((*role)->allowed_policies_glob == std::vector<std::string>{"workstation-claude-*"});
}

void a_token_role_that_is_not_there_is_none(void**) {
  const auto role = read_token_role(Admin().api(), "no-such-role", soon());
  assert_done(role);
  assert_false(role->has_value());
}

// ---- all of them

struct Call {
  const char* what;
  std::function<std::expected<void, StoreError>(VaultApi&)> make;
};

template <typename Value>
std::expected<void, StoreError> outcome(const std::expected<Value, StoreError>& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

std::vector<Call> calls_of_an_admin() {
  return {
      {"read_policy", [](VaultApi& api) { return outcome(read_policy(api, "p", soon())); }},
      {"write_policy",
       [](VaultApi& api) { return write_policy(api, "p", user_policy({}, "p"), soon()); }},
      {"mint an orphan",
       [](VaultApi& api) { return outcome(mint_token(api, request_for("p"), soon())); }},
      {"mint by a role",
       [](VaultApi& api) { return outcome(mint_token(api, request_for("p", "r"), soon())); }},
      {"look_up_accessor",
       [](VaultApi& api) { return outcome(look_up_accessor(api, "TESTaccessor", soon())); }},
      {"revoke_accessor",
       [](VaultApi& api) { return revoke_accessor(api, "TESTaccessor", soon()); }},
      {"read", [](VaultApi& api) { return outcome(KvStore(api, "conformance/p").read(soon())); }},
      {"purge", [](VaultApi& api) { return KvStore(api, "conformance/p").purge(soon()); }},
      {"read_mount", [](VaultApi& api) { return outcome(read_mount(api, "conformance", soon())); }},
      {"read_token_ttls", [](VaultApi& api) { return outcome(read_token_ttls(api, soon())); }},
      {"read_token_role", [](VaultApi& api) { return outcome(read_token_role(api, "r", soon())); }},
  };
}

void assert_all_fail(VaultApi& api, StoreErrorKind kind) {
  for (const Call& call : calls_of_an_admin()) {
    const auto result = call.make(api);
    if (result) fail_msg("%s: done", call.what);
    if (result.error().kind != kind) {
      fail_msg("%s: %s", call.what, result.error().sentence.c_str());
    }
  }
}

void every_call_is_denied_to_who_may_not(void**) {
  VaultApi user = nobody();
  assert_all_fail(user, StoreErrorKind::denied);
}

void every_call_is_denied_to_a_bad_token(void**) {
  VaultApi stranger = api_as(secret("s.TESTnosuchtoken"));
  assert_all_fail(stranger, StoreErrorKind::denied);
}

void an_admin_needs_no_more_than_this(void**) {
  make_role("conformance-least");
  VaultApi admin =
      somebody("conformance-least",
               rule("sys/policies/acl/workstation-claude-*", R"("read", "update")") +
                   rule("auth/token/create/conformance-least", R"("update")") +
                   rule("auth/token/roles/conformance-least", R"("read")") +
                   rule("auth/token/lookup-accessor", R"("update")") +
                   rule("auth/token/revoke-accessor", R"("update")") +
                   rule("sys/mounts/auth/token/tune", R"("read")") +
                   rule("secret/data/workstation/claude-users/*", R"("create", "read", "update")") +
                   rule("secret/metadata/workstation/claude-users/*", R"("delete")"));
  assert_done(write_policy(admin, "workstation-claude-tom", user_policy({}, "tom"), soon()));
  assert_done(read_policy(admin, "workstation-claude-tom", soon()));
  const MintedToken token = minted(admin, request_for("tom", "conformance-least"));
  assert_done(look_up_accessor(admin, token.accessor, soon()));
  assert_done(revoke_accessor(admin, token.accessor, soon()));
  assert_done(read_token_role(admin, "conformance-least", soon()));
  assert_done(read_token_ttls(admin, soon()));
  assert_done(read_mount(admin, "secret", soon()));
  KvStore document(admin, "workstation/claude-users/tom");
  assert_done(document.write(*new_object(), 0, soon()));
  assert_done(document.purge(soon()));
}

}  // namespace

void every_call_of_an_admin_says_sealed(void**) {
  VaultSettings settings = settings_for("secret");
  settings.max_retries = 0;
  VaultApi api = VaultApi::open(settings, secret(under_test->root_token)).value();
  assert_all_fail(api, StoreErrorKind::sealed);
}

void a_sealed_server_tells_its_health(void**) {
  const auto health = read_health(Admin().api(), soon());
  assert_done(health);
  assert_true(health->initialized);
  assert_true(health->sealed);
}

int run_admin_cases(const std::string& name) {
  const CMUnitTest cases[] = {
      cmocka_unit_test(a_policy_comes_back_verbatim),
      cmocka_unit_test(a_policy_is_replaced),
      cmocka_unit_test(a_policy_is_found_whatever_its_case),
      cmocka_unit_test(a_policy_that_is_not_there_is_none),
      cmocka_unit_test(what_is_no_policy_is_refused),
      cmocka_unit_test(a_users_policy_needs_no_default),
      cmocka_unit_test(a_purged_document_has_never_been),
      cmocka_unit_test(a_document_that_is_not_there_is_purged),
      cmocka_unit_test(nothing_is_purged_from_version_1),
      cmocka_unit_test(an_active_server_tells_its_health),
      cmocka_unit_test(a_mount_is_told_to_whoever_is_below_it),
      cmocka_unit_test(that_there_is_no_mount_is_told_to_an_admin),
      cmocka_unit_test(that_there_is_no_mount_is_told_to_nobody_else),
      cmocka_unit_test(token_ttls_are_told_without_sudo),
      cmocka_unit_test(a_token_role_tells_its_limits),
      cmocka_unit_test(a_token_role_that_is_not_there_is_none),
      cmocka_unit_test(every_call_is_denied_to_who_may_not),
      cmocka_unit_test(every_call_is_denied_to_a_bad_token),
      cmocka_unit_test(an_admin_needs_no_more_than_this),
  };
  return cmocka_run_group_tests_name(name.c_str(), cases, nullptr, nullptr);
}

}  // namespace claude_auth::testing
