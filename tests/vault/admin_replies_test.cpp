// What each reply to an admin's request means: the tables, row by row.
#include <sodium.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reply_rows.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/server_facts.h"

namespace claude_auth::testing {
namespace {

constexpr const char* kUnknownAccessor = R"(1 error occurred:\n\t* invalid accessor\n\n)";

auto policy_of(const HttpReply& reply) {
  return policy_in(reply, "workstation-claude-emo");
}
auto policy_written_of(const HttpReply& reply) {
  return policy_written_in(reply, "workstation-claude-emo");
}
auto purge_of(const HttpReply& reply) {
  return purged_in(reply, "secret/workstation/claude-users/emo");
}
auto mount_of(const HttpReply& reply) {
  return mount_in(reply, "secret");
}
auto role_of(const HttpReply& reply) {
  return token_role_in(reply, "claude-users");
}

/// Without the row of an empty object, for calls whose success needs no member.
std::vector<Row> rows_of_calls_without_data() {
  std::vector<Row> rows = common_rows();
  std::erase_if(rows,
                [](const Row& row) { return row.reply.body == "{}" && row.reply.status == 200; });
  return rows;
}

void reads_of_an_admin_know_the_common_failures(void**) {
  assert_rows(common_rows(), policy_of);
  assert_rows(common_rows(), minted_token_in);
  assert_rows(common_rows(), accessor_facts_in);
  assert_rows(common_rows(), mount_of);
  assert_rows(common_rows(), token_ttls_in);
  assert_rows(common_rows(), role_of);
}

void writes_of_an_admin_know_the_common_failures(void**) {
  assert_rows(rows_of_calls_without_data(), policy_written_of);
  assert_rows(rows_of_calls_without_data(), revoked_in);
}

void purges_know_the_common_failures(void**) {
  std::vector<Row> rows = common_rows();
  for (Row& row : rows) {
    if (row.reply.status == 200) row.kind = StoreErrorKind::garbled;
  }
  assert_rows(rows, purge_of);
}

// ---- policies

void a_policy_comes_back_as_it_was_written(void**) {
  const auto policy = policy_of(reply(200, data(R"({"name":"x","policy":"# a\n\tb \"c\"\n\n"})")));
  assert_true(policy.has_value() && policy->has_value());
  assert_string_equal((*policy)->c_str(), "# a\n\tb \"c\"\n\n");
}

void only_an_empty_error_list_is_no_policy(void**) {
  using enum StoreErrorKind;
  const auto none = policy_of(reply(404, R"({"errors":[]})"));
  assert_true(none.has_value() && !none->has_value());
  assert_rows({{"a proxy's page", reply(404, "<html>"), misconfigured},
               {"some error", reply(404, errors("unsupported path")), misconfigured},
               {"no text", reply(200, data(R"({"name":"x"})")), garbled},
               {"text of another type", reply(200, data(R"({"policy":1})")), garbled}},
              policy_of);
}

void a_policy_is_written_with_or_without_warnings(void**) {
  assert_true(policy_written_of(reply(204, "")).has_value());
  assert_true(policy_written_of(reply(200, R"({"warnings":["converted"]})")).has_value());
}

// ---- tokens

std::string minted(const std::string& members, const std::string& warnings = "null") {
  return R"({"auth":{)" + members + R"(},"warnings":)" + warnings + "}";
}

constexpr const char* kAuth =
    R"("client_token":"s.TEST","accessor":"A","policies":["default","p"],)"
    R"("lease_duration":3600,"renewable":true,"orphan":true)";

void a_minted_token_is_told_whole(void**) {
  const auto token = minted_token_in(reply(200, minted(kAuth)));
  assert_true(token.has_value());
  assert_true(token->token.view() == "s.TEST");
  assert_string_equal(token->accessor.c_str(), "A");
  assert_true(token->policies == std::vector<std::string>({"default", "p"}));
  assert_int_equal(token->ttl.count(), 3600);
  assert_true(token->renewable);
  assert_true(token->orphan);
  assert_true(token->warnings.empty());
}

void warnings_are_printable(void**) {
  const auto token = minted_token_in(reply(200, minted(kAuth, R"(["capped\u001b[2J"])")));
  assert_true(token.has_value());
  assert_string_equal(token->warnings.at(0).c_str(), "capped?[2J");
}

void warnings_of_another_shape_lose_no_token(void**) {
  assert_true(minted_token_in(reply(200, minted(kAuth, R"({"a":1})"))).has_value());
}

void what_is_no_token_is_not_minted(void**) {
  using enum StoreErrorKind;
  const auto with = [](const std::string& token, const std::string& accessor) {
    return reply(200, minted(R"("client_token":)" + token + R"(,"accessor":)" + accessor +
                             R"(,"policies":[],"lease_duration":1)"));
  };
  assert_rows(
      {{"no auth", reply(200, data("{}")), garbled},
       {"an empty token", with(R"("")", R"("A")"), garbled},
       {"a token of two lines", with(R"("s.A\ns.B")", R"("A")"), garbled},
       {"a token with its newline", with(R"("s.A\n")", R"("A")"), garbled},
       {"no accessor", with(R"("s.TEST")", "null"), garbled},
       {"a batch token", with(R"("s.TEST")", R"("")"), misconfigured},
       {"subset", reply(400, errors("child policies must be subset of parent")), misconfigured}},
      minted_token_in);
}

void failures_of_minting_never_carry_the_token(void**) {
  const auto token = minted_token_in(reply(200, minted(R"("client_token":"s.TESTsecret")")));
  assert_false(token.has_value());
  assert_true(token.error().sentence.find("TESTsecret") == std::string::npos);
}

void an_unknown_accessor_is_proof_that_there_is_no_token(void**) {
  const auto facts = accessor_facts_in(reply(400, errors(kUnknownAccessor)));
  assert_true(facts.has_value() && !facts->has_value());
}

void no_other_answer_proves_that_a_token_is_gone(void**) {
  using enum StoreErrorKind;
  const std::vector<Row> rows{
      {"missing accessor", reply(400, errors(R"(1 error occurred:\n\t* missing accessor\n\n)")),
       misconfigured},
      {"not allowed", reply(403, errors(kUnknownAccessor)), denied},
      {"a proxy's 404", reply(404, "<html>"), misconfigured},
      {"an empty error list", reply(404, R"({"errors":[]})"), misconfigured}};
  assert_rows(rows, accessor_facts_in);
  assert_rows(rows, revoked_in);
}

void a_token_that_is_gone_is_revoked(void**) {
  assert_true(revoked_in(reply(204, "")).has_value());
  assert_true(revoked_in(reply(400, errors(kUnknownAccessor))).has_value());
  assert_true(
      revoked_in(reply(200, R"({"warnings":["No token found with this accessor"]})")).has_value());
}

// ---- documents

void a_document_is_gone_after_no_content_only(void**) {
  assert_true(purge_of(reply(204, "")).has_value());
  assert_rows(
      {{"no mount", reply(404, errors("no handler for route")), StoreErrorKind::misconfigured}},
      purge_of);
}

// ---- the server

void health_is_told_by_every_status_of_its_own(void**) {
  for (const long status : {200L, 429L, 472L, 473L, 501L, 503L}) {
    const auto health = health_in(reply(status, R"({"initialized":true,"sealed":false})"));
    if (!health) fail_msg("%ld: %s", status, health.error().sentence.c_str());
  }
}

void health_tells_state_version_and_time(void**) {
  const auto health = health_in(reply(503, R"({"initialized":true,"sealed":true,"standby":true,)"
                                           R"("version":"1.2\u0007","server_time_utc":60})"));
  assert_true(health.has_value());
  assert_true(health->initialized && health->sealed && health->standby);
  assert_string_equal(health->version.c_str(), "1.2?");
  assert_true(health->server_time == Instant(std::chrono::seconds(60)));
}

void health_without_time_has_none(void**) {
  const auto health =
      health_in(reply(200, R"({"initialized":true,"sealed":false,"server_time_utc":-1})"));
  assert_true(health.has_value());
  assert_false(health->server_time.has_value());
}

void what_only_looks_like_health_is_none(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {{"a balancer's 503", reply(503, "<html>"), sealed},
       {"a quota's 429", reply(429, errors("rate limit quota exceeded")), busy},
       {"a proxy's page", reply(200, "<html>"), garbled},
       {"sealed a string", reply(200, R"({"initialized":true,"sealed":"no"})"), garbled},
       {"health in a 404", reply(404, R"({"initialized":true,"sealed":false})"), misconfigured}},
      health_in);
}

void a_mount_is_its_type_and_version(void**) {
  const auto mount = mount_of(reply(200, data(R"({"type":"kv","options":{"version":"2"}})")));
  assert_true(mount.has_value() && mount->has_value());
  assert_string_equal((*mount)->type.c_str(), "kv");
  assert_string_equal((*mount)->version.c_str(), "2");
}

void a_mount_without_options_has_no_version(void**) {
  const auto mount = mount_of(reply(200, data(R"({"type":"kv","options":null})")));
  assert_true(mount.has_value() && mount->has_value());
  assert_true((*mount)->version.empty());
}

void only_the_server_proves_that_there_is_no_mount(void**) {
  using enum StoreErrorKind;
  for (const HttpReply& proof : {reply(400, errors("No secret engine mount at secret/")),
                                 reply(200, data(R"({"type":"kv","path":"secret/deeper/"})"))}) {
    const auto mount = mount_of(proof);
    assert_true(mount.has_value() && !mount->has_value());
  }
  assert_rows({{"404", reply(404, R"({"errors":[]})"), misconfigured},
               {"no type", reply(200, data(R"({"options":{}})")), garbled}},
              mount_of);
}

void ttls_that_no_server_counts_are_garbled(void**) {
  for (const char* beyond : {"-1", "9223372036854775807"}) {
    const std::string ttls =
        R"({"default_lease_ttl":60,"max_lease_ttl":)" + std::string(beyond) + "}";
    assert_false(token_ttls_in(reply(200, data(ttls))).has_value());
  }
}

void token_ttls_are_seconds(void**) {
  const auto ttls =
      token_ttls_in(reply(200, data(R"({"default_lease_ttl":60,"max_lease_ttl":3600})")));
  assert_true(ttls.has_value());
  assert_int_equal(ttls->otherwise.count(), 60);
  assert_int_equal(ttls->maximum.count(), 3600);
}

constexpr const char* kRole =
    R"({"orphan":true,"renewable":true,"allowed_policies":null,)"
    R"("allowed_policies_glob":["workstation-claude-*"],"period":0,"token_period":60,)"
    R"("explicit_max_ttl":0,"token_explicit_max_ttl":120})";

void a_token_role_is_told_whole(void**) {
  const auto role = role_of(reply(200, data(kRole)));
  assert_true(role.has_value() && role->has_value());
  assert_true((*role)->orphan && (*role)->renewable);
  assert_true((*role)->allowed_policies.empty());
  assert_true((*role)->allowed_policies_glob == std::vector<std::string>{"workstation-claude-*"});
  assert_int_equal((*role)->period.count(), 60);
  assert_int_equal((*role)->explicit_max_ttl.count(), 120);
}

void a_role_of_an_old_server_has_its_period(void**) {
  const auto role =
      role_of(reply(200, data(R"({"orphan":true,"renewable":true,"allowed_policies":["p"],)"
                              R"("period":60,"explicit_max_ttl":120})")));
  assert_true(role.has_value() && role->has_value());
  assert_int_equal((*role)->period.count(), 60);
  assert_int_equal((*role)->explicit_max_ttl.count(), 120);
}

void only_an_empty_error_list_is_no_role(void**) {
  const auto role = role_of(reply(404, R"({"errors":[]})"));
  assert_true(role.has_value() && !role->has_value());
  assert_rows({{"a proxy's page", reply(404, "<html>"), StoreErrorKind::misconfigured}}, role_of);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(reads_of_an_admin_know_the_common_failures),
      cmocka_unit_test(writes_of_an_admin_know_the_common_failures),
      cmocka_unit_test(purges_know_the_common_failures),
      cmocka_unit_test(a_policy_comes_back_as_it_was_written),
      cmocka_unit_test(only_an_empty_error_list_is_no_policy),
      cmocka_unit_test(a_policy_is_written_with_or_without_warnings),
      cmocka_unit_test(a_minted_token_is_told_whole),
      cmocka_unit_test(warnings_are_printable),
      cmocka_unit_test(warnings_of_another_shape_lose_no_token),
      cmocka_unit_test(what_is_no_token_is_not_minted),
      cmocka_unit_test(failures_of_minting_never_carry_the_token),
      cmocka_unit_test(an_unknown_accessor_is_proof_that_there_is_no_token),
      cmocka_unit_test(no_other_answer_proves_that_a_token_is_gone),
      cmocka_unit_test(a_token_that_is_gone_is_revoked),
      cmocka_unit_test(a_document_is_gone_after_no_content_only),
      cmocka_unit_test(health_is_told_by_every_status_of_its_own),
      cmocka_unit_test(health_tells_state_version_and_time),
      cmocka_unit_test(health_without_time_has_none),
      cmocka_unit_test(what_only_looks_like_health_is_none),
      cmocka_unit_test(a_mount_is_its_type_and_version),
      cmocka_unit_test(a_mount_without_options_has_no_version),
      cmocka_unit_test(only_the_server_proves_that_there_is_no_mount),
      cmocka_unit_test(ttls_that_no_server_counts_are_garbled),
      cmocka_unit_test(token_ttls_are_seconds),
      cmocka_unit_test(a_token_role_is_told_whole),
      cmocka_unit_test(a_role_of_an_old_server_has_its_period),
      cmocka_unit_test(only_an_empty_error_list_is_no_role),
  };
  return cmocka_run_group_tests_name("admin_replies", tests, nullptr, nullptr);
}
