// What an admin's requests say, and that those that must be are sent only once.
#include <sodium.h>

#include <algorithm>
#include <string>

#include "transport_fixture.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/server_facts.h"

namespace claude_auth::testing {
namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

VaultApi open_api(const DoubleServer& server, int max_retries = 2) {
  VaultSettings settings = settings_for(server.address());
  settings.max_retries = max_retries;
  return VaultApi::open(std::move(settings), Secret::copy_of("root")).value();
}

Fault losing(const std::string& path) {
  Fault fault;
  fault.kind = FaultKind::lose_reply;
  fault.path = path;
  return fault;
}

Fault answering(const std::string& path, Answer answer) {
  Fault fault;
  fault.path = path;
  fault.answer = std::move(answer);
  return fault;
}

auto requests_to(const DoubleServer& server, const std::string& path) {
  return std::ranges::count(server.requests(), path, &SeenRequest::path);
}

// ---- texts

void a_users_policy_is_the_same_bytes_for_ever(void**) {
  assert_string_equal(user_policy(VaultSettings{}, "emo").c_str(),
                      "path \"secret/data/workstation/claude-users/emo\" {\n"
                      "  capabilities = [\"create\", \"read\", \"update\"]\n"
                      "}\n"
                      "path \"secret/metadata/workstation/claude-users/emo\" {\n"
                      "  capabilities = [\"read\"]\n"
                      "}\n"
                      "path \"auth/token/lookup-self\" {\n"
                      "  capabilities = [\"read\"]\n"
                      "}\n"
                      "path \"auth/token/renew-self\" {\n"
                      "  capabilities = [\"update\"]\n"
                      "}\n");
}

void slashes_around_mount_and_path_change_no_policy(void**) {
  VaultSettings settings;
  settings.mount = "secret/";
  settings.path = "/workstation/claude-users/%u/";
  assert_string_equal(user_policy(settings, "emo").c_str(),
                      user_policy(VaultSettings{}, "emo").c_str());
}

void what_means_more_than_itself_is_no_policys_text(void**) {
  for (const char* const text : {"emo", "foo.bar", "Jo_e.", "a b", "a@b", "team/claude"}) {
    if (!literal_in_policy(text)) fail_msg("%s", text);
  }
  for (const char* const text :
       {"", "e*", "+", "a+b", "a\"b", "a\\b", "{{x}}", "a\nb", "\x7F", "\xC3\xBC"}) {
    if (literal_in_policy(text)) fail_msg("%s", text);
  }
}

void a_token_is_named_without_what_vault_adds(void**) {
  const auto request = mint_request_for(VaultSettings{}, "emo", "");
  assert_true(request.has_value());
  assert_string_equal(request->display_name.c_str(), "devvm-claude-auth-emo");
  assert_string_equal(request->policy.c_str(), "workstation-claude-emo");
  assert_int_equal(request->period.count(), 32 * 24 * 3600);
}

void a_name_that_no_token_can_have_is_a_misconfiguration(void**) {
  for (const char* const pattern : {"claude-%u", "token-", "", "Token-%u"}) {
    VaultSettings settings;
    settings.token_display_name = pattern;
    assert_failed(mint_request_for(settings, "emo", ""), misconfigured);
  }
}

// ---- once

void a_lost_token_is_not_asked_for_again(void**) {
  DoubleServer server;
  VaultApi api = open_api(server);
  // libcurl itself repeats a request whose kept connection closes without a byte.
  assert_true(read_health(api, soon()).has_value());
  server.inject(losing("auth/token/create-orphan"));
  assert_failed(mint_token(api, {"emo", "p", "", kTokenPeriod}, soon()), unreachable);
  assert_int_equal(requests_to(server, "auth/token/create-orphan"), 1);
}

void a_token_is_not_asked_for_again_after_a_failure(void**) {
  DoubleServer server;
  server.inject(answering("auth/token/create-orphan", {503, "", {}}));
  VaultApi api = open_api(server);
  assert_failed(mint_token(api, {"emo", "p", "", kTokenPeriod}, soon()), sealed);
  assert_int_equal(server.requests().size(), 1);
}

void a_token_is_asked_for_where_a_standby_sends_to(void**) {
  DoubleServer standby = secure();
  const DoubleServer active = secure();
  standby.inject(
      answering("auth/token/create-orphan",
                {307, "", {{"Location", active.address() + "/v1/auth/token/create-orphan"}}}));
  VaultSettings settings = settings_for(standby.address());
  settings.redirect_hosts = {"127.0.0.1"};
  auto api = VaultApi::open(std::move(settings), Secret::copy_of("root"));
  assert_true(mint_token(*api, {"emo", "p", "", kTokenPeriod}, soon()).has_value());
}

void the_health_of_a_sealed_server_is_asked_for_once(void**) {
  DoubleServer server;
  VaultApi api = open_api(server);
  assert_status(api.post("sys/seal", "{}", soon()), 204);
  server.forget_requests();
  const auto health = read_health(api, soon());
  assert_true(health.has_value() && health->sealed);
  assert_int_equal(server.requests().size(), 1);
}

void what_may_be_repeated_is_tried_again(void**) {
  DoubleServer server;
  server.inject(losing("sys/policies/acl/p"));
  VaultApi api = open_api(server, 1);
  assert_true(write_policy(api, "p", user_policy({}, "emo"), soon()).has_value());
  assert_int_equal(server.requests().size(), 2);
}

// ---- as they arrive

void a_purge_deletes_metadata(void**) {
  const DoubleServer server;
  VaultApi api = open_api(server);
  assert_true(KvStore(api, "workstation/claude-users/emo").purge(soon()).has_value());
  const SeenRequest last = server.requests().back();
  assert_string_equal(last.method.c_str(), "DELETE");
  assert_string_equal(last.path.c_str(), "secret/metadata/workstation/claude-users/emo");
}

void a_read_after_a_purge_is_a_get(void**) {
  const DoubleServer server;
  VaultApi api = open_api(server);
  KvStore store(api, "workstation/claude-users/emo");
  assert_true(store.purge(soon()).has_value());
  assert_true(store.read(soon()).has_value());
  assert_string_equal(server.requests().back().method.c_str(), "GET");
}

void odd_names_arrive_as_they_are(void**) {
  const DoubleServer server;
  VaultApi api = open_api(server);
  assert_true(write_policy(api, "a b?c#d%2F", user_policy({}, "emo"), soon()).has_value());
  assert_string_equal(server.requests().back().path.c_str(), "sys/policies/acl/a b?c#d%2F");
}

void users_of_one_connection_have_their_own_documents(void**) {
  const DoubleServer server;
  VaultApi api = open_api(server);
  assert_true(KvStore(api, "emo").write(*new_object(), 0, soon()).has_value());
  assert_int_equal(KvStore(api, "ann").read(soon())->version, 0);
  assert_int_equal(KvStore(api, "emo").read(soon())->version, 1);
  assert_int_equal(server.connections(), 1);
}

void look_ups_are_no_writes(void**) {
  const DoubleServer server;
  VaultApi api = open_api(server);
  static_cast<void>(look_up_accessor(api, "A", soon()));
  static_cast<void>(read_policy(api, "p", soon()));
  assert_int_equal(server.writes(), 0);
  static_cast<void>(revoke_accessor(api, "A", soon()));
  static_cast<void>(KvStore(api, "emo").purge(soon()));
  assert_int_equal(server.writes(), 2);
}

// ---- other nodes, which no real server here is

void every_kind_of_node_tells_its_health(void**) {
  struct Row {
    const char* node;
    bool initialized;
    bool standby;
  };
  const DoubleServer server;
  VaultApi api = open_api(server);
  for (const Row& row :
       {Row{"active", true, false}, Row{"standby", true, true},
        Row{"performance-standby", true, true}, Row{"uninitialized", false, true}}) {
    assert_status(api.post("sys/double/node/" + std::string(row.node), "{}", soon()), 204);
    const auto health = read_health(api, soon());
    if (!health) fail_msg("%s: %s", row.node, health.error().sentence.c_str());
    assert_int_equal(health->initialized, row.initialized);
    assert_int_equal(health->standby, row.standby);
  }
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_users_policy_is_the_same_bytes_for_ever),
      cmocka_unit_test(slashes_around_mount_and_path_change_no_policy),
      cmocka_unit_test(what_means_more_than_itself_is_no_policys_text),
      cmocka_unit_test(a_token_is_named_without_what_vault_adds),
      cmocka_unit_test(a_name_that_no_token_can_have_is_a_misconfiguration),
      cmocka_unit_test(a_lost_token_is_not_asked_for_again),
      cmocka_unit_test(a_token_is_not_asked_for_again_after_a_failure),
      cmocka_unit_test(a_token_is_asked_for_where_a_standby_sends_to),
      cmocka_unit_test(the_health_of_a_sealed_server_is_asked_for_once),
      cmocka_unit_test(what_may_be_repeated_is_tried_again),
      cmocka_unit_test(a_purge_deletes_metadata),
      cmocka_unit_test(a_read_after_a_purge_is_a_get),
      cmocka_unit_test(odd_names_arrive_as_they_are),
      cmocka_unit_test(users_of_one_connection_have_their_own_documents),
      cmocka_unit_test(look_ups_are_no_writes),
      cmocka_unit_test(every_kind_of_node_tells_its_health),
  };
  return cmocka_run_group_tests_name("admin_requests", tests, nullptr, nullptr);
}
