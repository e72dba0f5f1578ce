// helper/admin/document_facts: what is kept of a document, and who shares what.
#include "admin/document_facts.h"

#include <sodium.h>

#include <string>

#include "cmocka_cpp.h"
#include "decide/expiry.h"

namespace claude_auth {
namespace {

DocumentFacts facts_in(const std::string& fields, bool shared_login = false) {
  auto object = parse_object(fields);
  assert_true(object.has_value());
  return facts_of({.fields = std::move(*object), .version = 1}, "devbox", shared_login);
}

std::string with_login(const std::string& more, const std::string& fields = "") {
  return R"({"claude_ai_oauth_json":"{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresAt\":1)" +
         more + "}\"" + fields + "}";
}

void no_document_is_no_backup_and_no_token(void**) {
  const DocumentFacts facts = facts_of({}, "devbox", false);
  assert_true(facts.backup == BackupSeen::none);
  assert_true(facts.setup_token == SetupTokenSeen::none);
  assert_true(facts.setup_token_hash.empty() && facts.account_hash.empty());
}

void times_and_names_are_kept(void**) {
  const DocumentFacts facts =
      facts_in(with_login(R"(,\"refreshTokenExpiresAt\":1800000000000)",
                          R"(,"backed_up_at":"2027-01-15T08:00:00Z","backed_up_by":"devbox")"));
  assert_true(facts.backup == BackupSeen::valid);
  assert_true(facts.backed_up_at == Instant(std::chrono::seconds(1'800'000'000)));
  assert_string_equal(facts.backed_up_by.c_str(), "devbox");
  assert_true(facts.login_expires == Instant(std::chrono::seconds(1'800'000'000)));
}

void an_end_that_no_calendar_has_is_none(void**) {
  assert_false(facts_in(with_login(R"(,\"refreshTokenExpiresAt\":9223372036854775807)"))
                   .login_expires.has_value());
}

void another_hosts_backup_is_told_unless_logins_are_shared(void**) {
  const std::string fields = with_login("", R"(,"backed_up_by":"laptop")");
  assert_true(facts_in(fields).backup == BackupSeen::other_host);
  assert_true(facts_in(fields, true).backup == BackupSeen::valid);
}

void a_hosts_name_cannot_colour_the_terminal(void**) {
  assert_string_equal(
      facts_in(with_login("", R"(,"backed_up_by":"\u001b[31mbox")")).backed_up_by.c_str(),
      "?[31mbox");
}

void a_setup_token_is_kept_as_its_hash_and_its_year(void**) {
  const DocumentFacts facts = facts_in(
      R"({"setup_token":"sk-ant-oat01-TEST","setup_token_stored_at":"2027-01-15T08:00:00Z"})");
  assert_true(facts.setup_token == SetupTokenSeen::in_force);
  assert_true(facts.setup_token_expires ==
              Instant(std::chrono::seconds(1'800'000'000)) + kSetupTokenLife);
  assert_false(facts.setup_token_hash.empty());
  assert_true(facts.setup_token_hash.find("TEST") == std::string::npos);
}

void what_is_no_setup_token_is_malformed(void**) {
  assert_true(facts_in(R"({"setup_token":"hello"})").setup_token == SetupTokenSeen::malformed);
}

void an_account_is_kept_as_its_hash(void**) {
  const std::string hash = facts_in(with_login(R"(,\"accountUuid\":\"made-up\")")).account_hash;
  assert_false(hash.empty());
  assert_true(hash.find("made-up") == std::string::npos);
  assert_string_equal(hash.c_str(),
                      facts_in(with_login(R"(,\"accountUuid\":\"made-up\")")).account_hash.c_str());
}

void who_has_the_same_is_found(void**) {
  const Holder holders[] = {
      {"emo", "t1", "a1"}, {"ana", "t2", "a2"}, {"bob", "t1", "a1"}, {"eve", "", ""},
      {"dora", "", ""},    {"zed", "t1", "a3"}, {"kim", "", "a2"},
  };
  const auto found = find_shared(holders);
  assert_int_equal(found.size(), 3);
  assert_true(found[0].what == Shareable::setup_token);
  assert_true(found[0].users == (std::vector<std::string>{"emo", "bob", "zed"}));
  assert_true(found[1].what == Shareable::account);
  assert_true(found[1].users == (std::vector<std::string>{"emo", "bob"}));
  assert_true(found[2].users == (std::vector<std::string>{"ana", "kim"}));
}

void those_without_share_nothing(void**) {
  const Holder holders[] = {{"emo", "", ""}, {"ana", "", ""}};
  assert_true(find_shared(holders).empty());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_document_is_no_backup_and_no_token),
      cmocka_unit_test(times_and_names_are_kept),
      cmocka_unit_test(an_end_that_no_calendar_has_is_none),
      cmocka_unit_test(another_hosts_backup_is_told_unless_logins_are_shared),
      cmocka_unit_test(a_hosts_name_cannot_colour_the_terminal),
      cmocka_unit_test(a_setup_token_is_kept_as_its_hash_and_its_year),
      cmocka_unit_test(what_is_no_setup_token_is_malformed),
      cmocka_unit_test(an_account_is_kept_as_its_hash),
      cmocka_unit_test(who_has_the_same_is_found),
      cmocka_unit_test(those_without_share_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
