// What an admin relies on in tokens: minting, with a role and without, and accessors.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "conformance_fixture.h"
#include "vault/server_facts.h"
#include "vault/token.h"

namespace claude_auth::testing {
namespace {

VaultApi minter_of(const std::string& role) {
  make_role(role);
  return somebody("conformance-minter-" + role, rule("auth/token/create/" + role, R"("update")"));
}

long status_of(VaultApi& api, const std::string& path, const std::string& body) {
  const auto reply = api.post(path, body, soon());
  assert_done(reply);
  return reply->status;
}

bool has_warning(const MintedToken& token, const std::string& text) {
  return std::ranges::any_of(token.warnings,
                             [&](const std::string& warning) { return warning.contains(text); });
}

// ---- minting

void an_orphan_is_minted_as_asked(void**) {
  Admin root;
  assert_done(write_policy(root.api(), "workstation-claude-lea", user_policy({}, "lea"), soon()));
  const MintedToken token = minted(root.api(), request_for("lea"));
  assert_true(token.policies == std::vector<std::string>({"default", "workstation-claude-lea"}));
  assert_in_range(token.ttl.count(), 2'764'790, 2'764'800);
  assert_true(token.renewable);
  assert_true(token.orphan);
  assert_true(token.warnings.empty());
}

void a_minted_token_is_known_by_its_accessor(void**) {
  Admin root;
  MintedToken token = minted(root.api(), request_for("Jo_e."));
  const auto by_accessor = look_up_accessor(root.api(), token.accessor, soon());
  assert_done(by_accessor);
  assert_true(by_accessor->has_value());
  assert_string_equal((*by_accessor)->display_name.c_str(), "token-devvm-claude-auth-Jo-e");
  VaultApi user = api_as(std::move(token.token));
  const auto by_itself = look_up_self(user, soon());
  assert_done(by_itself);
  assert_string_equal(by_itself->accessor.c_str(), token.accessor.c_str());
}

void a_role_mints_with_update_alone(void**) {
  VaultApi minter = minter_of("conformance-role");
  const MintedToken token = minted(minter, request_for("max", "conformance-role"));
  assert_true(token.policies == std::vector<std::string>({"default", "workstation-claude-max"}));
  assert_in_range(token.ttl.count(), 2'764'790, 2'764'800);
  assert_true(token.renewable);
  assert_true(token.orphan);
}

void a_token_of_a_role_has_the_users_name(void**) {
  VaultApi minter = minter_of("conformance-name");
  const MintedToken token = minted(minter, request_for("mia", "conformance-name"));
  const auto facts = look_up_accessor(Admin().api(), token.accessor, soon());
  assert_done(facts);
  assert_string_equal((*facts)->display_name.c_str(), "token-devvm-claude-auth-mia");
}

void a_token_of_a_role_tells_no_period(void**) {
  VaultApi minter = minter_of("conformance-period");
  VaultApi user = api_as(minted(minter, request_for("mo", "conformance-period")).token);
  const auto reply = user.get("auth/token/lookup-self", soon());
  assert_done(reply);
  const auto body = parse_object(reply->body);
  assert_null(json_object_get(json_object_get(body->get(), "data"), "period"));
}

void a_token_of_a_role_is_renewed_to_the_roles_period(void**) {
  VaultApi minter = minter_of("conformance-renewal");
  VaultApi user = api_as(minted(minter, request_for("moe", "conformance-renewal")).token);
  const auto renewal = renew_self(user, soon());
  assert_done(renewal);
  assert_in_range(renewal->ttl.count(), 2'764'790, 2'764'800);
}

void a_role_mints_no_other_policy(void**) {
  VaultApi minter = minter_of("conformance-limits");
  MintRequest request = request_for("ned", "conformance-limits");
  request.policy = "conformance-nobody";
  assert_failed(mint_token(minter, request, soon()), StoreErrorKind::misconfigured);
}

void a_role_that_is_not_there_mints_nothing(void**) {
  assert_failed(mint_token(Admin().api(), request_for("ned", "no-such-role"), soon()),
                StoreErrorKind::misconfigured);
}

void minting_a_periodic_orphan_without_a_role_takes_sudo(void**) {
  VaultApi plain = somebody("conformance-no-sudo", rule("auth/token/create-orphan", R"("update")"));
  assert_failed(mint_token(plain, request_for("noa"), soon()), StoreErrorKind::misconfigured);
  VaultApi sudo =
      somebody("conformance-sudo", rule("auth/token/create-orphan", R"("update", "sudo")"));
  assert_done(mint_token(sudo, request_for("noa"), soon()));
}

void a_policy_that_does_not_exist_is_a_warning(void**) {
  const MintedToken token = minted(Admin().api(), request_for("nobodys"));
  assert_true(has_warning(token, "workstation-claude-nobodys"));
}

void an_orphan_outlives_its_minter(void**) {
  VaultApi minter = minter_of("conformance-orphan");
  MintedToken token = minted(minter, request_for("ole", "conformance-orphan"));
  assert_int_equal(status_of(minter, "auth/token/revoke-self", "{}"), 204);
  VaultApi user = api_as(std::move(token.token));
  assert_done(look_up_self(user, soon()));
}

void a_child_does_not_outlive_its_minter(void**) {
  Admin().post("auth/token/roles/conformance-child",
               R"({"orphan":false,"allowed_policies_glob":["workstation-claude-*"]})");
  VaultApi minter =
      somebody("conformance-parent", rule("auth/token/create/conformance-child", R"("update")"));
  MintedToken token = minted(minter, request_for("pam", "conformance-child"));
  assert_false(token.orphan);
  assert_int_equal(status_of(minter, "auth/token/revoke-self", "{}"), 204);
  VaultApi user = api_as(std::move(token.token));
  assert_failed(look_up_self(user, soon()), StoreErrorKind::denied);
}

/// Last, and undone at its end: all later tokens would be short as well.
void a_capped_ttl_comes_with_a_warning(void**) {
  Admin root;
  VaultApi minter = minter_of("conformance-cap");
  root.post("sys/auth/token/tune", R"({"max_lease_ttl":"1h"})");
  const auto ttls = read_token_ttls(root.api(), soon());
  const auto plain = mint_token(root.api(), request_for("pia"), soon());
  const auto by_role = mint_token(minter, request_for("pia", "conformance-cap"), soon());
  root.post("sys/auth/token/tune", R"({"max_lease_ttl":"768h"})");
  assert_done(ttls);
  assert_int_equal(ttls->maximum.count(), 3600);
  for (const auto* const token : {&plain, &by_role}) {
    assert_done(*token);
    assert_in_range((*token)->ttl.count(), 3590, 3600);
    assert_true(has_warning(**token, "exceeded the effective max_ttl of \"1h\""));
  }
}

// ---- accessors

void an_unknown_accessor_is_400_and_a_warning(void**) {
  Admin root;
  const std::string body = R"({"accessor":"TESTnosuchaccessor"})";
  assert_int_equal(status_of(root.api(), "auth/token/lookup-accessor", body), 400);
  assert_int_equal(status_of(root.api(), "auth/token/revoke-accessor", body), 200);
}

void an_unknown_accessor_is_no_token(void**) {
  const auto facts = look_up_accessor(Admin().api(), "TESTnosuchaccessor", soon());
  assert_done(facts);
  assert_false(facts->has_value());
}

void an_unknown_accessor_is_revoked_already(void**) {
  assert_done(revoke_accessor(Admin().api(), "TESTnosuchaccessor", soon()));
}

void a_revoked_accessor_is_no_token(void**) {
  Admin root;
  MintedToken token = minted(root.api(), request_for("ria"));
  assert_done(revoke_accessor(root.api(), token.accessor, soon()));
  const auto facts = look_up_accessor(root.api(), token.accessor, soon());
  assert_done(facts);
  assert_false(facts->has_value());
  VaultApi user = api_as(std::move(token.token));
  assert_failed(look_up_self(user, soon()), StoreErrorKind::denied);
}

}  // namespace

int run_token_cases(const std::string& name) {
  const CMUnitTest cases[] = {
      cmocka_unit_test(an_orphan_is_minted_as_asked),
      cmocka_unit_test(a_minted_token_is_known_by_its_accessor),
      cmocka_unit_test(a_role_mints_with_update_alone),
      cmocka_unit_test(a_token_of_a_role_has_the_users_name),
      cmocka_unit_test(a_token_of_a_role_tells_no_period),
      cmocka_unit_test(a_token_of_a_role_is_renewed_to_the_roles_period),
      cmocka_unit_test(a_role_mints_no_other_policy),
      cmocka_unit_test(a_role_that_is_not_there_mints_nothing),
      cmocka_unit_test(minting_a_periodic_orphan_without_a_role_takes_sudo),
      cmocka_unit_test(a_policy_that_does_not_exist_is_a_warning),
      cmocka_unit_test(an_orphan_outlives_its_minter),
      cmocka_unit_test(a_child_does_not_outlive_its_minter),
      cmocka_unit_test(an_unknown_accessor_is_400_and_a_warning),
      cmocka_unit_test(an_unknown_accessor_is_no_token),
      cmocka_unit_test(an_unknown_accessor_is_revoked_already),
      cmocka_unit_test(a_revoked_accessor_is_no_token),
      cmocka_unit_test(a_capped_ttl_comes_with_a_warning),
  };
  return cmocka_run_group_tests_name(name.c_str(), cases, nullptr, nullptr);
}

}  // namespace claude_auth::testing
