// The real client and the files that we write and read: each takes the other's word.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/secure_file.h"
#include "claude/oauth_env.h"
#include "client_home.h"
#include "cmocka_cpp.h"
#include "fake_claude_service.h"
#include "per_client.h"
#include "unit/file_events.h"
#include "unit/temporary_directory.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Millis kLimit = 60s;

/// A person with a login, whose client speaks to the fake service.
struct Stage {
  explicit Stage(void** state)
      : client(client_of(state)),
        service(1h, ClientStage::home() + ".authority"),
        home(ClientStage::home()),
        login(service.log_in()) {}

  /// The client's reply to a message, or what it says went wrong.
  [[nodiscard]] std::string ask(const std::vector<std::string>& more = {}) const {
    return run({"-p", "hi", "--model", "haiku"}, more).standard_output;
  }

  [[nodiscard]] Finished run(const std::vector<std::string>& arguments,
                             const std::vector<std::string>& more = {}) const {
    std::vector<std::string> variables = service.client_environment();
    variables.insert(variables.end(), more.begin(), more.end());
    return run_client(client, arguments, home.environment(variables), kLimit);
  }

  /// Exit status of our own program.
  [[nodiscard]] int sync(const std::string& job) const {
    const auto finished =
        claude_auth::run({.path = CLAUDE_AUTH_SYNC,
                          .arguments = {"claude-auth-sync", job},
                          .environment = home.environment(service.client_environment())},
                         Deadline::in(kLimit), 1s, 64 << 10);
    if (!finished) return -1;
    if (finished->wait_status != 0) print_error("%s\n", finished->standard_error.c_str());
    return finished->wait_status;
  }

  [[nodiscard]] std::string access_token() const {
    return std::string(string_member(login.get(), "accessToken").value());
  }
  void expire() const { set_integer(login.get(), "expiresAt", 1); }

  RealClient client;
  FakeClaudeService service;
  ClientHome home;
  Json login;
};

void a_file_that_we_wrote_is_used(void** state) {
  Stage stage(state);
  stage.home.write_login(*stage.login);
  assert_string_equal(stage.ask().c_str(), "AUTH_OK\n");
  assert_string_equal(stage.service.counters().tokens_seen.at(0).c_str(),
                      stage.access_token().c_str());
}

void a_restored_login_is_used(void** state) {
  Stage stage(state);
  stage.home.write_login(*stage.login);
  assert_int_equal(stage.sync("backup"), 0);
  assert_int_equal(::unlink(stage.home.paths().credentials.c_str()), 0);
  assert_int_equal(stage.sync("restore"), 0);
  assert_string_equal(stage.ask().c_str(), "AUTH_OK\n");
}

void a_restored_login_is_refreshed(void** state) {
  Stage stage(state);
  stage.expire();
  stage.home.write_login(*stage.login);
  assert_int_equal(stage.sync("backup"), 0);
  assert_int_equal(::unlink(stage.home.paths().credentials.c_str()), 0);
  assert_int_equal(stage.sync("restore"), 0);
  assert_string_equal(stage.ask().c_str(), "AUTH_OK\n");
  assert_int_equal(stage.service.counters().rotations, 1);
}

void a_refresh_leaves_a_valid_login_in_the_file(void** state) {
  Stage stage(state);
  stage.expire();
  stage.home.write_login(*stage.login);
  static_cast<void>(stage.ask());
  const CredentialsFile file = stage.home.credentials();
  assert_true(file.content == CredentialsContent::valid);
  assert_true(
      stage.service.is_current(std::string(string_member(file.login(), "refreshToken").value())));
}

void a_refresh_keeps_the_other_keys_of_the_file(void** state) {
  Stage stage(state);
  stage.expire();
  stage.home.write_login(*stage.login);
  const Json before = deep_copy(stage.home.credentials().root.get());
  static_cast<void>(stage.ask());
  assert_int_equal(stage.service.counters().rotations, 1);
  assert_true(json_equal(json_object_get(stage.home.credentials().root.get(), "mcpOAuth"),
                         json_object_get(before.get(), "mcpOAuth")));
}

void a_refused_refresh_leaves_what_we_call_wiped(void** state) {
  Stage stage(state);
  stage.expire();
  stage.home.write_login(*stage.login);
  stage.service.revoke(stage.access_token());
  static_cast<void>(stage.ask());
  assert_true(stage.home.credentials().content == CredentialsContent::wiped);
}

void a_token_endpoint_that_is_down_leaves_the_login(void** state) {
  Stage stage(state);
  stage.expire();
  stage.home.write_login(*stage.login);
  stage.service.inject({.path = "oauth/token", .times = -1, .answer = {503, "{}", {}}});
  static_cast<void>(stage.ask({"CLAUDE_CODE_MAX_RETRIES=1"}));
  assert_true(stage.home.credentials().content == CredentialsContent::valid);
}

void a_log_out_leaves_what_we_call_logged_out(void** state) {
  Stage stage(state);
  stage.home.write_login(*stage.login);
  static_cast<void>(stage.ask());
  static_cast<void>(stage.run({"auth", "logout"}));
  assert_true(stage.home.credentials().content == CredentialsContent::absent);
  assert_true(read_account_record(stage.home.paths().claude_json, ::geteuid()) ==
              AccountRecord::removed);
}

// --- a log-out beside the watch ---

/// The same with our watch beside, which holds the login in memory.
struct WatchedStage : Stage {
  explicit WatchedStage(void** state) : Stage(state) {
    home.write_login(*login);
    if (!replace_file(home.paths().claude_json, R"({"oauthAccount":{"emailAddress":"TEST"}})",
                      Durability::fleeting))
      std::abort();
    assert_int_equal(sync("backup"), 0);
    const test::Events log(home.paths().log, IN_MODIFY);
    auto started = Child::start({.path = CLAUDE_AUTH_SYNC,
                                 .arguments = {"claude-auth-sync", "watch"},
                                 .environment = home.environment(service.client_environment())},
                                -1, -1);
    if (!started) std::abort();
    watch.emplace(std::move(*started));
    // Its first backup finds that ours did the work.
    log.wait_until([this] {
      return test::contents(home.paths().log).contains("OK login unchanged since its backup");
    });
  }

  [[nodiscard]] bool logged_in() const {
    return home.credentials().content == CredentialsContent::valid;
  }
  [[nodiscard]] bool has_account() const {
    return read_account_record(home.paths().claude_json, ::geteuid()) == AccountRecord::present;
  }

  std::optional<Child> watch;
};

// Longer than the watch ever waits for its next look at a login that came back.
constexpr int kQuietMs = 5'000;

void a_log_out_beside_the_watch_stays_one(void** state) {
  const WatchedStage stage(state);
  const test::Events files(stage.home.paths().claude_dir, IN_MOVED_TO | IN_DELETE);
  assert_false(stage.run({"auth", "logout"}).timed_out);
  while (files.one_within(kQuietMs)) continue;
  assert_true(stage.home.credentials().content == CredentialsContent::absent);
  assert_false(stage.has_account());
}

void a_log_out_that_stands_still_beside_the_watch_becomes_one(void** state) {
  const WatchedStage stage(state);
  const std::string write_lock = stage.home.paths().claude_dir + "/.storage-write.lock";
  const test::Events files(stage.home.paths().claude_dir, IN_MOVED_TO | IN_DELETE);
  auto client =
      Child::start({.path = stage.client.path,
                    .arguments = {"claude", "auth", "logout"},
                    .environment = stage.home.environment(stage.service.client_environment())},
                   -1, -1);
  assert_true(client.has_value());
  files.wait_until([&] { return !stage.logged_in() && !test::exists(write_lock); });
  ::kill(-client->pid(), SIGSTOP);
  if (stage.has_account())
    files.wait_until([&] { return stage.logged_in(); });
  else
    print_message("%s was done before it could be stopped\n", stage.client.version.c_str());
  ::kill(-client->pid(), SIGCONT);
  assert_true(client->wait(Deadline::in(kLimit)).has_value());
  while (files.one_within(kQuietMs)) continue;
  assert_true(stage.home.credentials().content == CredentialsContent::absent);
  assert_false(stage.has_account());
}

// --- setup tokens ---

constexpr char kSetupToken[] = "sk-ant-oat01-TEST-setup";

/// The variable as a shell or unit has it from the env file.
std::string materialized() {
  std::string line = oauth_env_line(Secret::copy_of(kSetupToken));
  line.pop_back();
  return line;
}

void a_materialized_setup_token_is_what_the_api_receives(void** state) {
  Stage stage(state);
  stage.service.accept(kSetupToken);
  stage.home.write_login(*stage.login);
  assert_string_equal(stage.ask({materialized()}).c_str(), "AUTH_OK\n");
  const std::vector<std::string> seen = stage.service.counters().tokens_seen;
  assert_int_equal(seen.size(), 1);
  assert_string_equal(seen.at(0).c_str(), kSetupToken);
}

void beside_a_setup_token_the_login_is_not_refreshed(void** state) {
  Stage stage(state);
  stage.service.accept(kSetupToken);
  stage.expire();
  stage.home.write_login(*stage.login);
  static_cast<void>(stage.ask({materialized()}));
  assert_int_equal(stage.service.counters().refreshes, 0);
}

void an_empty_variable_counts_as_none(void** state) {
  Stage stage(state);
  stage.home.write_login(*stage.login);
  assert_string_equal(stage.ask({"CLAUDE_CODE_OAUTH_TOKEN="}).c_str(), "AUTH_OK\n");
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  return ClientStage::enter(argc, argv)
      .run({
          {"a_file_that_we_wrote_is_used", a_file_that_we_wrote_is_used},
          {"a_restored_login_is_used", a_restored_login_is_used},
          {"a_restored_login_is_refreshed", a_restored_login_is_refreshed},
          {"a_refresh_leaves_a_valid_login_in_the_file",
           a_refresh_leaves_a_valid_login_in_the_file},
          {"a_refresh_keeps_the_other_keys_of_the_file",
           a_refresh_keeps_the_other_keys_of_the_file},
          {"a_refused_refresh_leaves_what_we_call_wiped",
           a_refused_refresh_leaves_what_we_call_wiped},
          {"a_token_endpoint_that_is_down_leaves_the_login",
           a_token_endpoint_that_is_down_leaves_the_login},
          {"a_log_out_leaves_what_we_call_logged_out", a_log_out_leaves_what_we_call_logged_out},
          {"a_log_out_beside_the_watch_stays_one", a_log_out_beside_the_watch_stays_one},
          {"a_log_out_that_stands_still_beside_the_watch_becomes_one",
           a_log_out_that_stands_still_beside_the_watch_becomes_one},
          {"a_materialized_setup_token_is_what_the_api_receives",
           a_materialized_setup_token_is_what_the_api_receives},
          {"beside_a_setup_token_the_login_is_not_refreshed",
           beside_a_setup_token_the_login_is_not_refreshed},
          {"an_empty_variable_counts_as_none", an_empty_variable_counts_as_none},
      });
}
