// helper/base/paths: where everything lies, and which overrides are taken.
#include "base/paths.h"

#include <map>
#include <string>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

const UserId kEmo{.uid = 1000, .name = "emo", .home = "/home/emo"};

Lookup environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

void the_documented_paths_are_below_the_home(void**) {
  const auto paths = paths_for(kEmo, no_environment());
  assert_string_equal(paths->claude_dir.c_str(), "/home/emo/.claude");
  assert_string_equal(paths->credentials.c_str(), "/home/emo/.claude/.credentials.json");
  assert_string_equal(paths->claude_json.c_str(), "/home/emo/.claude.json");
  assert_string_equal(paths->vault_token.c_str(), "/home/emo/.config/claude-auth-sync/vault-token");
  assert_string_equal(paths->token_env.c_str(),
                      "/home/emo/.config/claude-auth-sync/claude-oauth.env");
  assert_string_equal(paths->log.c_str(), "/home/emo/.local/state/claude-auth-sync/sync.log");
  assert_string_equal(paths->login_lock.c_str(),
                      "/home/emo/.local/state/claude-auth-sync/login.lock");
  assert_string_equal(paths->local_store.c_str(), "/home/emo/.local/share/claude-auth-sync/store");
}

void xdg_variables_move_nothing(void**) {
  const auto paths = paths_for(
      kEmo, environment({{"XDG_CONFIG_HOME", "/x"}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/x"}}));
  assert_string_equal(paths->config_dir.c_str(), "/home/emo/.config/claude-auth-sync");
  assert_string_equal(paths->state_dir.c_str(), "/home/emo/.local/state/claude-auth-sync");
}

void claude_config_dir_moves_both_of_claudes_files(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_CONFIG_DIR", "/c"}}));
  assert_string_equal(paths->claude_dir.c_str(), "/c");
  assert_string_equal(paths->credentials.c_str(), "/c/.credentials.json");
  assert_string_equal(paths->claude_json.c_str(), "/c/.claude.json");
}

void claude_config_dir_of_the_default_still_moves_claude_json(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_CONFIG_DIR", "/home/emo/.claude"}}));
  assert_string_equal(paths->claude_json.c_str(), "/home/emo/.claude/.claude.json");
}

void claude_credentials_file_moves_that_file_only(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_CREDENTIALS_FILE", "/c.json"}}));
  assert_string_equal(paths->credentials.c_str(), "/c.json");
  assert_string_equal(paths->claude_dir.c_str(), "/home/emo/.claude");
}

void claude_auth_config_dir_moves_token_and_env_file(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_AUTH_CONFIG_DIR", "/c"}}));
  assert_string_equal(paths->vault_token.c_str(), "/c/vault-token");
  assert_string_equal(paths->token_env.c_str(), "/c/claude-oauth.env");
}

void claude_auth_vault_token_file_moves_the_token(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_AUTH_VAULT_TOKEN_FILE", "/t"}}));
  assert_string_equal(paths->vault_token.c_str(), "/t");
}

void claude_auth_token_env_file_moves_the_env_file(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_AUTH_TOKEN_ENV_FILE", "/e"}}));
  assert_string_equal(paths->token_env.c_str(), "/e");
}

void claude_auth_state_dir_moves_locks_log_and_stamps(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_AUTH_STATE_DIR", "/s"}}));
  assert_string_equal(paths->state.c_str(), "/s/state.json");
  assert_string_equal(paths->log.c_str(), "/s/sync.log");
  assert_string_equal(paths->paused.c_str(), "/s/paused");
  assert_string_equal(paths->change_lock.c_str(), "/s/change.lock");
  assert_string_equal(paths->client_locks.c_str(), "/s/client-locks.json");
}

void a_relative_override_is_an_error_that_names_it(void**) {
  const auto paths = paths_for(kEmo, environment({{"CLAUDE_AUTH_STATE_DIR", "state"}}));
  assert_true(paths.error().starts_with("CLAUDE_AUTH_STATE_DIR "));
}

void an_empty_override_is_an_error(void**) {
  assert_false(paths_for(kEmo, environment({{"CLAUDE_CONFIG_DIR", ""}})).has_value());
}

void a_relative_home_is_an_error(void**) {
  assert_false(paths_for({.uid = 1, .name = "emo", .home = "emo"}, no_environment()).has_value());
}

void an_empty_home_is_an_error(void**) {
  assert_false(paths_for({.uid = 1, .name = "emo", .home = ""}, no_environment()).has_value());
}

void the_process_environment_tells_unset_from_empty(void**) {
  assert_int_equal(::setenv("CLAUDE_AUTH_TEST_EMPTY", "", 1), 0);
  assert_true(process_environment()("CLAUDE_AUTH_TEST_EMPTY") == std::string());
  assert_false(process_environment()("CLAUDE_AUTH_TEST_UNSET").has_value());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_documented_paths_are_below_the_home),
      cmocka_unit_test(xdg_variables_move_nothing),
      cmocka_unit_test(claude_config_dir_moves_both_of_claudes_files),
      cmocka_unit_test(claude_config_dir_of_the_default_still_moves_claude_json),
      cmocka_unit_test(claude_credentials_file_moves_that_file_only),
      cmocka_unit_test(claude_auth_config_dir_moves_token_and_env_file),
      cmocka_unit_test(claude_auth_vault_token_file_moves_the_token),
      cmocka_unit_test(claude_auth_token_env_file_moves_the_env_file),
      cmocka_unit_test(claude_auth_state_dir_moves_locks_log_and_stamps),
      cmocka_unit_test(a_relative_override_is_an_error_that_names_it),
      cmocka_unit_test(an_empty_override_is_an_error),
      cmocka_unit_test(a_relative_home_is_an_error),
      cmocka_unit_test(an_empty_home_is_an_error),
      cmocka_unit_test(the_process_environment_tells_unset_from_empty),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
