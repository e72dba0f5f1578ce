// helper/admin/admin_context: whose token an admin's jobs speak to Vault with.
#include "admin/admin_context.h"

#include <sodium.h>

#include <map>
#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

constexpr char kToken[] = "hvs.TEST-made-up";

/// An admin with a home of his own and no configuration.
struct Fixture {
  TemporaryDirectory home;
  Clock clock;
  ThisHost host;
  std::map<std::string, std::string> variables = {{"HOME", home.path()}};

  std::expected<AdminContext, std::string> context() {
    const Lookup environment = [this](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    const ConfigDirs none{home / "vendor", home / "admin", ::geteuid()};
    return make_admin_context(none, environment, clock, host);
  }

  /// The token that the jobs get; empty where there is none.
  std::string token() {
    const auto made = context();
    if (!made) fail_msg("%s", made.error().c_str());
    return made->token ? std::string(made->token->view()) : "";
  }
};

void without_a_token_there_is_none(void**) {
  Fixture admin;
  assert_string_equal(admin.token().c_str(), "");
}

void the_variable_names_the_token(void**) {
  Fixture admin;
  admin.variables["VAULT_TOKEN"] = kToken;
  assert_string_equal(admin.token().c_str(), kToken);
}

void the_command_lines_own_file_names_the_token(void**) {
  Fixture admin;
  put(admin.home / ".vault-token", std::string(kToken) + "\n");
  assert_string_equal(admin.token().c_str(), kToken);
}

void the_variable_outranks_the_file(void**) {
  Fixture admin;
  admin.variables["VAULT_TOKEN"] = kToken;
  put(admin.home / ".vault-token", "hvs.TEST-another");
  assert_string_equal(admin.token().c_str(), kToken);
}

void an_empty_variable_is_none(void**) {
  Fixture admin;
  admin.variables["VAULT_TOKEN"] = "";
  put(admin.home / ".vault-token", kToken);
  assert_string_equal(admin.token().c_str(), kToken);
}

void a_variable_that_is_no_token_is_refused_without_showing_it(void**) {
  Fixture admin;
  admin.variables["VAULT_TOKEN"] = "two words";
  assert_string_equal(admin.context().error().c_str(),
                      "VAULT_TOKEN holds no Vault token: log in to Vault anew");
}

void a_token_file_that_others_can_read_is_refused(void**) {
  Fixture admin;
  put(admin.home / ".vault-token", kToken, 0640);
  assert_true(admin.context().error().contains("is accessible to others"));
}

void a_token_file_of_somebody_else_is_refused(void**) {
  needs_root();
  Fixture admin;
  put(admin.home / ".vault-token", kToken);
  assert_int_equal(::chown((admin.home / ".vault-token").c_str(), kNobody, kNobody), 0);
  assert_true(admin.context().error().contains("belongs to another user"));
}

void a_home_that_is_no_path_has_no_token_file(void**) {
  Fixture admin;
  admin.variables["HOME"] = "relative";
  assert_string_equal(admin.token().c_str(), "");
}

void the_command_lines_variables_outrank_the_configuration(void**) {
  Fixture admin;
  admin.variables["VAULT_ADDR"] = "https://vault.example.com";
  assert_string_equal(admin.context()->config.vault.address.c_str(), "https://vault.example.com");
}

void only_root_may_act_as_others(void**) {
  assert_true(holds_without_root([] { return !Fixture().context()->is_root; }));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_a_token_there_is_none),
      cmocka_unit_test(the_variable_names_the_token),
      cmocka_unit_test(the_command_lines_own_file_names_the_token),
      cmocka_unit_test(the_variable_outranks_the_file),
      cmocka_unit_test(an_empty_variable_is_none),
      cmocka_unit_test(a_variable_that_is_no_token_is_refused_without_showing_it),
      cmocka_unit_test(a_token_file_that_others_can_read_is_refused),
      cmocka_unit_test(a_token_file_of_somebody_else_is_refused),
      cmocka_unit_test(a_home_that_is_no_path_has_no_token_file),
      cmocka_unit_test(the_command_lines_variables_outrank_the_configuration),
      cmocka_unit_test(only_root_may_act_as_others),
  };
  if (sodium_init() < 0) return 1;
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
