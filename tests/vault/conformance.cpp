#include "conformance.h"

#include <string>
#include <utility>

#include "conformance_fixture.h"
#include "decide/token_decision.h"
#include "store/vault_store.h"

namespace claude_auth::testing {
namespace {

VaultStore store_at(const std::string& path, Secret token, const std::string& mount = "secret") {
  return {settings_for(mount), path, std::move(token), CLAUDE_AUTH_STORE_PROGRAM};
}

VaultStore root_store(const std::string& path, const std::string& mount = "secret") {
  return store_at(path, secret(under_test->root_token), mount);
}

Json object(const char* text) {
  return std::move(parse_object(text).value());
}

/// Deletes the current version of secret/`path`, as `kv delete` does.
void soft_delete(const std::string& path) {
  Admin().post("secret/delete/" + path, R"({"versions":[1]})");
}

void an_absent_document_is_version_0_without_fields(void**) {
  const auto document = root_store("conformance/absent").read(soon());
  assert_done(document);
  assert_null(document->fields.get());
  assert_int_equal(document->version, 0);
}

void the_first_write_makes_version_1(void**) {
  const auto version = root_store("conformance/first").write(*object(R"({"a":"b"})"), 0, soon());
  assert_done(version);
  assert_int_equal(*version, 1);
}

void every_value_comes_back_exactly(void**) {
  const Json written =
      object(R"({"text":"ü\u0000\n\"","null":null,"nested":{"list":[1,true,"x",{}]},)"
             R"("at":1795287463563,"share":1.5,"empty":""})");
  auto store = root_store("conformance/exact");
  assert_done(store.write(*written, 0, soon()));
  const auto document = store.read(soon());
  assert_done(document);
  assert_true(json_equal(document->fields.get(), written.get()));
}

void a_write_with_the_current_version_makes_the_next(void**) {
  auto store = root_store("conformance/next");
  assert_done(store.write(*object("{}"), 0, soon()));
  const auto version = store.write(*object("{}"), 1, soon());
  assert_done(version);
  assert_int_equal(*version, 2);
}

void a_write_with_an_old_version_is_a_conflict(void**) {
  auto store = root_store("conformance/old");
  assert_done(store.write(*object("{}"), 0, soon()));
  assert_done(store.write(*object("{}"), 1, soon()));
  assert_failed(store.write(*object("{}"), 1, soon()), StoreErrorKind::conflict);
}

void a_first_write_over_a_document_is_a_conflict(void**) {
  auto store = root_store("conformance/taken");
  assert_done(store.write(*object("{}"), 0, soon()));
  assert_failed(store.write(*object("{}"), 0, soon()), StoreErrorKind::conflict);
}

void a_deleted_document_keeps_its_version(void**) {
  auto store = root_store("conformance/deleted");
  assert_done(store.write(*object("{}"), 0, soon()));
  soft_delete("conformance/deleted");
  const auto document = store.read(soon());
  assert_done(document);
  assert_null(document->fields.get());
  assert_int_equal(document->version, 1);
}

void a_first_write_over_a_deleted_document_is_a_conflict(void**) {
  auto store = root_store("conformance/deleted-first");
  assert_done(store.write(*object("{}"), 0, soon()));
  soft_delete("conformance/deleted-first");
  assert_failed(store.write(*object("{}"), 0, soon()), StoreErrorKind::conflict);
}

void a_deleted_document_is_written_with_its_version(void**) {
  auto store = root_store("conformance/deleted-again");
  assert_done(store.write(*object("{}"), 0, soon()));
  soft_delete("conformance/deleted-again");
  const auto version = store.write(*object("{}"), 1, soon());
  assert_done(version);
  assert_int_equal(*version, 2);
}

void metadata_alone_is_an_absent_document(void**) {
  Admin().post("secret/metadata/conformance/metadata", R"({"custom_metadata":{"owner":"x"}})");
  const auto document = root_store("conformance/metadata").read(soon());
  assert_done(document);
  assert_int_equal(document->version, 0);
}

void metadata_alone_is_written_as_version_1(void**) {
  Admin().post("secret/metadata/conformance/metadata-first", R"({"custom_metadata":{"o":"x"}})");
  assert_done(root_store("conformance/metadata-first").write(*object("{}"), 0, soon()));
}

void custom_metadata_is_no_field(void**) {
  auto store = root_store("conformance/custom");
  assert_done(store.write(*object(R"({"a":"b"})"), 0, soon()));
  Admin().post("secret/metadata/conformance/custom", R"({"custom_metadata":{"owner":"x"}})");
  const auto document = store.read(soon());
  assert_done(document);
  assert_true(json_equal(document->fields.get(), object(R"({"a":"b"})").get()));
}

void a_path_of_odd_characters_is_one_document(void**) {
  auto store = root_store("conformance/a b%2Fc?d#e+\u00fc");
  assert_done(store.write(*object(R"({"odd":"1"})"), 0, soon()));
  const auto document = store.read(soon());
  assert_done(document);
  assert_int_equal(document->version, 1);
}

void reading_from_no_mount_is_a_misconfiguration(void**) {
  assert_failed(root_store("x", "no-such-mount").read(soon()), StoreErrorKind::misconfigured);
}

void writing_first_to_no_mount_writes_nothing(void**) {
  assert_failed(root_store("x", "no-such-mount").write(*object("{}"), 0, soon()),
                StoreErrorKind::denied);
}

void a_scoped_token_without_a_mount_is_denied(void**) {
  const auto result = store_at("x", Admin().mint("nomount"), "no-such-mount").read(soon());
  assert_failed(result, StoreErrorKind::denied);
}

void writing_first_to_version_1_is_a_misconfiguration(void**) {
  Admin().post("sys/mounts/old-write", R"({"type":"kv","options":{"version":"1"}})");
  assert_failed(root_store("x", "old-write").write(*object("{}"), 0, soon()),
                StoreErrorKind::misconfigured);
}

void reading_a_document_of_version_1_is_a_misconfiguration(void**) {
  Admin().post("sys/mounts/old-read", R"({"type":"kv","options":{"version":"1"}})");
  Admin().post("old-read/data/x", R"({"data":{"a":"b"}})");
  assert_failed(root_store("x", "old-read").read(soon()), StoreErrorKind::misconfigured);
}

void a_fresh_mount_is_written_at_once(void**) {
  Admin().post("sys/mounts/fresh", R"({"type":"kv","options":{"version":"2"}})");
  assert_done(root_store("x", "fresh").write(*object("{}"), 0, soon()));
}

void a_scoped_token_makes_its_own_document(void**) {
  auto store = store_at("workstation/claude-users/ann", Admin().mint("ann"));
  assert_done(store.write(*object("{}"), 0, soon()));
}

void a_scoped_token_changes_its_own_document(void**) {
  auto store = store_at("workstation/claude-users/bob", Admin().mint("bob"));
  assert_done(store.write(*object("{}"), 0, soon()));
  assert_done(store.write(*object("{}"), 1, soon()));
}

void another_users_document_is_denied(void**) {
  auto store = store_at("workstation/claude-users/other", Admin().mint("cat"));
  assert_failed(store.read(soon()), StoreErrorKind::denied);
}

void another_users_document_cannot_be_written(void**) {
  auto store = store_at("workstation/claude-users/other", Admin().mint("dan"));
  assert_failed(store.write(*object("{}"), 1, soon()), StoreErrorKind::denied);
}

void a_bad_token_is_denied(void**) {
  auto store = store_at("conformance/absent", secret("s.TESTnosuchtoken"));
  assert_failed(store.read(soon()), StoreErrorKind::denied);
}

void a_bad_token_cannot_look_itself_up(void**) {
  auto store = store_at("conformance/absent", secret("s.TESTnosuchtoken"));
  assert_failed(store.look_up_self(soon()), StoreErrorKind::denied);
}

void a_revoked_token_is_denied(void**) {
  Admin admin;
  auto store = store_at("workstation/claude-users/eve", admin.mint("eve"));
  const auto facts = store.look_up_self(soon());
  assert_done(facts);
  admin.post("auth/token/revoke-accessor", R"({"accessor":")" + facts->accessor + "\"}");
  assert_failed(store.look_up_self(soon()), StoreErrorKind::denied);
}

TokenDecision decision_for(const std::string& minted, const std::string& expected) {
  auto store = store_at("workstation/claude-users/" + minted, Admin().mint(minted));
  const auto facts = store.look_up_self(soon());
  assert_done(facts);
  return decide_token(*facts,
                      {"token-devvm-claude-auth-" + expected, "workstation-claude-" + expected});
}

void a_minted_token_is_its_users(void**) {
  assert_true(decision_for("fay", "fay") == TokenDecision::ours);
}

void a_display_name_is_compared_as_the_server_stores_it(void**) {
  assert_true(decision_for("Jo_e.", "Jo_e.") == TokenDecision::ours);
}

void a_token_of_another_user_is_told_apart(void**) {
  assert_true(decision_for("gus", "hal") == TokenDecision::foreign_name);
}

void a_periodic_token_is_renewed_to_its_period(void**) {
  auto store = store_at("x", Admin().mint("ida", R"("period":"24h")"));
  const auto renewal = store.renew_self(soon());
  assert_done(renewal);
  assert_in_range(renewal->ttl.count(), 86'390, 86'400);
}

void a_token_with_an_end_has_a_ttl(void**) {
  const auto facts = store_at("x", Admin().mint("jan", R"("ttl":"1h")")).look_up_self(soon());
  assert_done(facts);
  assert_true(facts->ttl.has_value());
}

void a_root_token_has_no_ttl(void**) {
  const auto facts = root_store("x").look_up_self(soon());
  assert_done(facts);
  assert_false(facts->ttl.has_value());
}

void a_token_that_cannot_be_renewed_says_so(void**) {
  auto store = store_at("x", Admin().mint("kim", R"("ttl":"1h","renewable":false)"));
  assert_failed(store.renew_self(soon()), StoreErrorKind::misconfigured);
}

void a_sealed_server_is_sealed(void**) {
  VaultSettings settings = settings_for("secret");
  settings.max_retries = 0;
  VaultStore store(settings, "conformance/absent", secret(under_test->root_token),
                   CLAUDE_AUTH_STORE_PROGRAM);
  assert_failed(store.read(soon()), StoreErrorKind::sealed);
}

int run_user_cases(const std::string& name) {
  const CMUnitTest cases[] = {
      cmocka_unit_test(an_absent_document_is_version_0_without_fields),
      cmocka_unit_test(the_first_write_makes_version_1),
      cmocka_unit_test(every_value_comes_back_exactly),
      cmocka_unit_test(a_write_with_the_current_version_makes_the_next),
      cmocka_unit_test(a_write_with_an_old_version_is_a_conflict),
      cmocka_unit_test(a_first_write_over_a_document_is_a_conflict),
      cmocka_unit_test(a_deleted_document_keeps_its_version),
      cmocka_unit_test(a_first_write_over_a_deleted_document_is_a_conflict),
      cmocka_unit_test(a_deleted_document_is_written_with_its_version),
      cmocka_unit_test(metadata_alone_is_an_absent_document),
      cmocka_unit_test(metadata_alone_is_written_as_version_1),
      cmocka_unit_test(custom_metadata_is_no_field),
      cmocka_unit_test(a_path_of_odd_characters_is_one_document),
      cmocka_unit_test(reading_from_no_mount_is_a_misconfiguration),
      cmocka_unit_test(writing_first_to_no_mount_writes_nothing),
      cmocka_unit_test(a_scoped_token_without_a_mount_is_denied),
      cmocka_unit_test(writing_first_to_version_1_is_a_misconfiguration),
      cmocka_unit_test(reading_a_document_of_version_1_is_a_misconfiguration),
      cmocka_unit_test(a_fresh_mount_is_written_at_once),
      cmocka_unit_test(a_scoped_token_makes_its_own_document),
      cmocka_unit_test(a_scoped_token_changes_its_own_document),
      cmocka_unit_test(another_users_document_is_denied),
      cmocka_unit_test(another_users_document_cannot_be_written),
      cmocka_unit_test(a_bad_token_is_denied),
      cmocka_unit_test(a_bad_token_cannot_look_itself_up),
      cmocka_unit_test(a_revoked_token_is_denied),
      cmocka_unit_test(a_minted_token_is_its_users),
      cmocka_unit_test(a_display_name_is_compared_as_the_server_stores_it),
      cmocka_unit_test(a_token_of_another_user_is_told_apart),
      cmocka_unit_test(a_periodic_token_is_renewed_to_its_period),
      cmocka_unit_test(a_token_with_an_end_has_a_ttl),
      cmocka_unit_test(a_root_token_has_no_ttl),
      cmocka_unit_test(a_token_that_cannot_be_renewed_says_so),
  };
  return cmocka_run_group_tests_name(name.c_str(), cases, nullptr, nullptr);
}

int seal(void**) {
  Admin().post("sys/seal", "{}");
  return 0;
}

int run_sealed_cases(const std::string& name) {
  const CMUnitTest cases[] = {
      cmocka_unit_test(a_sealed_server_is_sealed),
      cmocka_unit_test(every_call_of_an_admin_says_sealed),
      cmocka_unit_test(a_sealed_server_tells_its_health),
  };
  return cmocka_run_group_tests_name(name.c_str(), cases, seal, nullptr);
}

}  // namespace

int run_conformance(const ServerUnderTest& server, const std::string& name) {
  under_test = &server;
  return run_user_cases(name) + run_admin_cases(name + ", admin") +
         run_token_cases(name + ", tokens") + run_sealed_cases(name + ", sealed");
}

}  // namespace claude_auth::testing
