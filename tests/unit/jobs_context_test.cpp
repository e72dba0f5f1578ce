// Who a job works for, and which variables of the user's it listens to.
#include "jobs/context.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "cmocka_cpp.h"
#include "jobs/vault_environment.h"
#include "table.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;

void under_pam_the_module_says_who_it_is(void**) {
  ::setenv("HOME", "/made-up/home", 1);
  ::setenv("USER", "made-up", 1);
  ::setenv("CLAUDE_AUTH_USER", "other", 1);
  ::setenv("CLAUDE_CONFIG_DIR", "/made-up/elsewhere", 1);
  const auto identity = identify(Caller::pam);
  assert_true(identity.has_value());
  assert_string_equal(identity->user.name.c_str(), "made-up");
  assert_string_equal(identity->paths.claude_dir.c_str(), "/made-up/home/.claude");
  assert_false(identity->environment("HOME").has_value());
}

void under_pam_home_and_user_are_needed(void**) {
  ::unsetenv("HOME");
  ::setenv("USER", "made-up", 1);
  assert_false(identify(Caller::pam).has_value());
  ::setenv("HOME", "/made-up/home", 1);
  ::unsetenv("USER");
  assert_false(identify(Caller::pam).has_value());
  ::setenv("USER", "made-up", 1);
  ::setenv("HOME", "relative", 1);
  assert_false(identify(Caller::pam).has_value());
}

void a_person_is_who_the_password_database_says(void**) {
  ::unsetenv("CLAUDE_AUTH_USER");
  ::unsetenv("CLAUDE_CONFIG_DIR");
  ::setenv("HOME", "/made-up/home", 1);
  const auto identity = identify(Caller::person);
  assert_true(identity.has_value());
  assert_int_equal(identity->user.uid, ::getuid());
  assert_true(identity->user.home != "/made-up/home");
}

void a_person_may_override(void**) {
  ::setenv("CLAUDE_AUTH_USER", "other", 1);
  ::setenv("CLAUDE_CONFIG_DIR", "/made-up/elsewhere", 1);
  const auto identity = identify(Caller::person);
  assert_string_equal(identity->user.name.c_str(), "other");
  assert_string_equal(identity->paths.claude_dir.c_str(), "/made-up/elsewhere");
  ::unsetenv("CLAUDE_AUTH_USER");
  ::unsetenv("CLAUDE_CONFIG_DIR");
}

void an_override_that_is_relative_is_refused(void**) {
  ::setenv("CLAUDE_AUTH_STATE_DIR", "relative", 1);
  const auto identity = identify(Caller::person);
  assert_true(identity.error().contains("CLAUDE_AUTH_STATE_DIR"));
  ::unsetenv("CLAUDE_AUTH_STATE_DIR");
}

// --- enrolled, paused ---

void enrolled_is_whose_store_is_there(void**) {
  const UserHome home;
  assert_false(is_enrolled(home.context()));
  home.make_store_empty();
  assert_true(is_enrolled(home.context()));
}

void with_vault_enrolled_is_who_has_a_token(void**) {
  UserHome home;
  home.config.store = StoreKind::vault;
  home.make_store_empty();
  assert_false(is_enrolled(home.context()));
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.vault_token, "TEST");
  assert_true(is_enrolled(home.context()));
}

// --- the configuration ---

/// Directories as of /usr/lib and /etc.
struct Configured {
  TemporaryDirectory dir;
  Clock clock;
  Identity identity{.user = {.uid = ::geteuid(), .name = "made-up", .home = dir.path()},
                    .paths = {},
                    .environment = no_environment()};

  explicit Configured(const std::string& text) {
    put(dir / "claude-auth-sync.conf", text, 0644);
    identity.paths = *paths_for(identity.user, no_environment());
  }
  [[nodiscard]] auto make() const {
    return make_context(identity,
                        {.vendor = dir / "none", .admin = dir.path(), .owner = ::geteuid()}, clock,
                        Audience::log_only);
  }
};

void a_refused_configuration_is_an_error(void**) {
  assert_true(Configured("store = nonsense\n").make().error().contains("store"));
}

void an_unknown_key_is_a_warning(void**) {
  const auto context = Configured("store = local\nmade_up = 1\n").make();
  assert_true(context.has_value());
  assert_int_equal(context->warnings.size(), 1);
  assert_true(context->warnings[0].contains("made_up"));
}

void an_unusable_variable_is_an_error(void**) {
  Configured configured("store = local\n");
  configured.identity.environment = [](const char* name) -> std::optional<std::string> {
    if (std::string_view(name) == "VAULT_MAX_RETRIES") return "many";
    return std::nullopt;
  };
  assert_true(configured.make().error().contains("VAULT_MAX_RETRIES"));
}

void a_job_ends_with_its_warnings_and_one_final_line(void**) {
  const UserHome home;
  const Ran ran = home.run([](Context& context) {
    context.warnings = {"first", "second"};
    return context.finish(Status::ok, "done");
  });
  assert_string_equal(ran.words().c_str(), "WARN WARN OK");
}

void only_a_failure_is_an_exit_status(void**) {
  const Row<Status, int> rows[] = {{"ok", Status::ok, 0},
                                   {"skip", Status::skip, 0},
                                   {"warn", Status::warn, 0},
                                   {"recovered", Status::recovered, 0},
                                   {"fail", Status::fail, 1}};
  const UserHome home;
  every_row_holds(rows, [&](Status status) {
    return home.run([&](Context& context) { return context.finish(status, "made up"); })
        .exit_status;
  });
}

// --- Vault's variables ---

using Variables = std::map<std::string, std::string>;

std::optional<std::string> apply(VaultSettings& settings, const Variables& variables) {
  return apply_vault_environment(settings, [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

void every_variable_has_its_setting(void**) {
  VaultSettings settings;
  assert_false(apply(settings, {{"VAULT_ADDR", "https://made-up"},
                                {"VAULT_CACERT", "/ca"},
                                {"VAULT_CAPATH", "/cas"},
                                {"VAULT_CLIENT_CERT", "/cert"},
                                {"VAULT_CLIENT_KEY", "/key"},
                                {"VAULT_TLS_SERVER_NAME", "name"},
                                {"VAULT_NAMESPACE", "space"},
                                {"VAULT_PROXY_ADDR", "http://proxy"},
                                {"VAULT_CLIENT_TIMEOUT", "7"},
                                {"VAULT_MAX_RETRIES", "0"},
                                {"CLAUDE_AUTH_VAULT_PATH", "made/up"}})
                   .has_value());
  assert_string_equal(settings.address.c_str(), "https://made-up");
  assert_string_equal(settings.ca_cert.c_str(), "/ca");
  assert_string_equal(settings.ca_path.c_str(), "/cas");
  assert_string_equal(settings.client_cert.c_str(), "/cert");
  assert_string_equal(settings.client_key.c_str(), "/key");
  assert_string_equal(settings.tls_server_name.c_str(), "name");
  assert_string_equal(settings.name_space.c_str(), "space");
  assert_string_equal(settings.proxy_address.c_str(), "http://proxy");
  assert_string_equal(settings.path.c_str(), "made/up");
  assert_int_equal(settings.request_timeout.count(), 7'000);
  assert_int_equal(settings.max_retries, 0);
}

void an_empty_variable_changes_nothing(void**) {
  VaultSettings settings;
  settings.address = "https://configured";
  assert_false(
      apply(settings, {{"VAULT_ADDR", ""}, {"VAULT_CLIENT_TIMEOUT", ""}, {"VAULT_MAX_RETRIES", ""}})
          .has_value());
  assert_string_equal(settings.address.c_str(), "https://configured");
  assert_int_equal(settings.max_retries, VaultSettings().max_retries);
}

void a_certificate_needs_its_key(void**) {
  VaultSettings settings;
  assert_true(apply(settings, {{"VAULT_CLIENT_CERT", "/cert"}})->contains("VAULT_CLIENT_KEY"));
}

void every_duration_has_its_length(void**) {
  const Row<const char*, Millis::rep> rows[] = {
      {"seconds", "30", 30'000},       {"s", "30s", 30'000},
      {"minutes", "2m", 120'000},      {"both", "1m30s", 90'000},
      {"milliseconds", "500ms", 500},  {"an hour", "1h", 3'600'000},
      {"more than an hour", "2h", -1}, {"nothing", "0", -1},
      {"negative", "-1s", -1},         {"no unit behind the first", "1m30", -1},
      {"no number", "s", -1},          {"another unit", "1d", -1},
      {"a fraction", "1.5s", -1},      {"far too long", "99999999999999999999", -1},
      {"a blank", "1 s", -1},
  };
  every_row_holds(rows, [](const char* text) {
    VaultSettings settings;
    const auto problem = apply(settings, {{"VAULT_CLIENT_TIMEOUT", text}});
    return problem ? -1 : settings.request_timeout.count();
  });
}

void every_number_of_retries_is_checked(void**) {
  const Row<const char*, bool> rows[] = {{"none", "0", true},     {"ten", "10", true},
                                         {"eleven", "11", false}, {"negative", "-1", false},
                                         {"words", "two", false}, {"more", "2 ", false}};
  every_row_holds(rows, [](const char* text) {
    VaultSettings settings;
    return !apply(settings, {{"VAULT_MAX_RETRIES", text}}).has_value();
  });
}

void an_unclear_answer_is_no_pause(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.state_dir);
  std::filesystem::remove(home.paths.state_dir);
  std::filesystem::create_symlink(home.paths.state_dir, home.paths.state_dir);
  assert_false(is_paused(home.paths));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_unclear_answer_is_no_pause),
      cmocka_unit_test(under_pam_the_module_says_who_it_is),
      cmocka_unit_test(under_pam_home_and_user_are_needed),
      cmocka_unit_test(a_person_is_who_the_password_database_says),
      cmocka_unit_test(a_person_may_override),
      cmocka_unit_test(an_override_that_is_relative_is_refused),
      cmocka_unit_test(enrolled_is_whose_store_is_there),
      cmocka_unit_test(with_vault_enrolled_is_who_has_a_token),
      cmocka_unit_test(a_refused_configuration_is_an_error),
      cmocka_unit_test(an_unknown_key_is_a_warning),
      cmocka_unit_test(an_unusable_variable_is_an_error),
      cmocka_unit_test(a_job_ends_with_its_warnings_and_one_final_line),
      cmocka_unit_test(only_a_failure_is_an_exit_status),
      cmocka_unit_test(every_variable_has_its_setting),
      cmocka_unit_test(an_empty_variable_changes_nothing),
      cmocka_unit_test(a_certificate_needs_its_key),
      cmocka_unit_test(every_duration_has_its_length),
      cmocka_unit_test(every_number_of_retries_is_checked),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
