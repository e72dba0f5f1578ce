// Whose token it is (DESIGN rule 8), and what the text of a token file may be.
#include <string>

#include "decide/token_decision.h"
#include "store/token_facts.h"

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

const ExpectedToken kEmo{"token-devvm-claude-auth-emo", "workstation-claude-emo"};

TokenFacts facts(const std::string& name, std::vector<std::string> policies,
                 std::vector<std::string> identity_policies = {}) {
  TokenFacts facts;
  facts.display_name = name;
  facts.policies = std::move(policies);
  facts.identity_policies = std::move(identity_policies);
  return facts;
}

void display_names_are_stored_as_vault_does(void**) {
  struct Row {
    const char* name;
    const char* stored;
  };
  for (const Row& row : {Row{"token-emo", "token-emo"}, Row{"token-foo.bar", "token-foo-bar"},
                         Row{"token-foo_bar", "token-foo-bar"}, Row{"token-foo.", "token-foo"},
                         Row{"token-foo..", "token-foo-"}, Row{"token-J@B", "token-J-B"},
                         Row{"token-0/9:AZ[az{", "token-0-9-AZ-az"},
                         Row{"token-\xC3\xBC"
                             "ber",
                             "token--ber"},
                         Row{"", ""}}) {
    assert_string_equal(vault_display_name(row.name).c_str(), row.stored);
  }
}

void name_and_policy_make_a_token_ours(void**) {
  const auto token = facts(kEmo.display_name, {"default", "workstation-claude-emo"});
  assert_true(decide_token(token, kEmo) == TokenDecision::ours);
}

void a_policy_of_the_identity_counts(void**) {
  const auto token = facts(kEmo.display_name, {"default"}, {"workstation-claude-emo"});
  assert_true(decide_token(token, kEmo) == TokenDecision::ours);
}

void another_name_is_foreign(void**) {
  const auto token = facts("token-devvm-claude-auth-eve", {"workstation-claude-emo"});
  assert_true(decide_token(token, kEmo) == TokenDecision::foreign_name);
}

void a_name_that_only_begins_alike_is_foreign(void**) {
  const auto token = facts("token-devvm-claude-auth-emory", {"workstation-claude-emo"});
  assert_true(decide_token(token, kEmo) == TokenDecision::foreign_name);
}

void a_name_that_collides_is_stopped_by_the_policy(void**) {
  const ExpectedToken expected{"token-devvm-claude-auth-foo.bar", "workstation-claude-foo.bar"};
  const auto token = facts("token-devvm-claude-auth-foo-bar", {"workstation-claude-foo_bar"});
  assert_true(decide_token(token, expected) == TokenDecision::lacks_policy);
}

void the_root_policy_is_not_the_users(void**) {
  const auto token = facts(kEmo.display_name, {"root"});
  assert_true(decide_token(token, kEmo) == TokenDecision::lacks_policy);
}

void policies_are_compared_in_lower_case(void**) {
  const ExpectedToken expected{"token-Jo", "workstation-claude-Jo"};
  const auto token = facts("token-Jo", {"workstation-claude-jo"});
  assert_true(decide_token(token, expected) == TokenDecision::ours);
}

void a_token_file_is_one_line(void**) {
  assert_true(usable_token("s.TEST\n") == "s.TEST");
  assert_true(usable_token("s.TEST\r\n") == "s.TEST");
  assert_true(usable_token("hvs.TEST-_=.ns") == "hvs.TEST-_=.ns");
}

void what_is_no_token_is_refused(void**) {
  const std::string longest(kMaxTokenBytes, 'x');
  assert_true(usable_token(longest).has_value());
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("a b"), std::string("a\nb\n"),
        std::string("a\n\n"), std::string("a\tb"), std::string("a\0b", 3), std::string("\x7F"),
        std::string("t\xC3\xB6ken"), longest + "x"}) {
    assert_false(usable_token(text).has_value());
  }
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(display_names_are_stored_as_vault_does),
      cmocka_unit_test(name_and_policy_make_a_token_ours),
      cmocka_unit_test(a_policy_of_the_identity_counts),
      cmocka_unit_test(another_name_is_foreign),
      cmocka_unit_test(a_name_that_only_begins_alike_is_foreign),
      cmocka_unit_test(a_name_that_collides_is_stopped_by_the_policy),
      cmocka_unit_test(the_root_policy_is_not_the_users),
      cmocka_unit_test(policies_are_compared_in_lower_case),
      cmocka_unit_test(a_token_file_is_one_line),
      cmocka_unit_test(what_is_no_token_is_refused),
  };
  return cmocka_run_group_tests_name("token_rules", tests, nullptr, nullptr);
}
