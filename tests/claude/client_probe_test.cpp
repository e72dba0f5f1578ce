// helper/claude/live_probe with the real client: which of the service's answers it takes for a
// working token, for a broken one, and for no proof at all.
#include "claude/live_probe.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "client_home.h"
#include "cmocka_cpp.h"
#include "fake_claude_service.h"
#include "per_client.h"
#include "unit/forked.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Millis kLimit = 60s;
constexpr char kDeadToken[] = "sk-ant-oat01-TEST-dead";
constexpr char kApiKey[] = "sk-ant-api03-TEST-poison";

/// A service, a home, and the environment of the job that probes.
struct Stage {
  explicit Stage(void** state)
      : client(client_of(state)),
        service(1h, ClientStage::home() + ".authority"),
        home(ClientStage::home()) {
    for (const std::string& variable : home.environment(service.client_environment())) {
      const std::size_t equals = variable.find('=');
      environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    login = service.log_in();
    token = string_member(login.get(), "accessToken").value();
  }

  [[nodiscard]] ProbeResult probe(const std::string& tried, Millis limit = kLimit) const {
    const Lookup lookup = [this](const char* name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      if (found == environment.end()) return std::nullopt;
      return found->second;
    };
    return probe_isolated(client.path, Secret::copy_of(tried), home.user(), lookup, limit);
  }

  void answer_messages(unsigned status, const char* type, const char* message,
                       std::vector<std::pair<std::string, std::string>> headers = {}) {
    service.clear_faults();
    service.inject({.path = "messages",
                    .times = -1,
                    .answer = {status,
                               std::string(R"({"type":"error","error":{"type":")") + type +
                                   R"(","message":")" + message + R"("}})",
                               std::move(headers)}});
  }

  RealClient client;
  FakeClaudeService service;
  ClientHome home;
  std::map<std::string, std::string> environment;
  Json login;
  std::string token;
};

void expect(const ProbeResult& result, ProbeVerdict verdict) {
  if (result.verdict != verdict) print_error("the client said: %s\n", result.reason.c_str());
  assert_true(result.verdict == verdict);
}

void a_working_token_is_accepted(void** state) {
  const Stage stage(state);
  expect(stage.probe(stage.token), ProbeVerdict::accepted);
}

void an_unknown_token_is_rejected(void** state) {
  const Stage stage(state);
  expect(stage.probe(kDeadToken), ProbeVerdict::rejected);
}

void an_expired_token_is_rejected(void** state) {
  Stage stage(state);
  stage.answer_messages(401, "authentication_error",
                        "OAuth token has expired. Please obtain a new token or refresh your "
                        "existing token.");
  expect(stage.probe(stage.token), ProbeVerdict::rejected);
}

void a_revoked_token_is_rejected(void** state) {
  Stage stage(state);
  stage.service.revoke(stage.token);
  expect(stage.probe(stage.token), ProbeVerdict::rejected);
}

void a_token_revoked_by_403_is_rejected(void** state) {
  Stage stage(state);
  stage.answer_messages(403, "permission_error",
                        "OAuth token has been revoked. Please obtain a new token.");
  expect(stage.probe(stage.token), ProbeVerdict::rejected);
}

void no_token_is_rejected(void** state) {
  const Stage stage(state);
  expect(stage.probe(""), ProbeVerdict::rejected);
}

void a_403_proves_nothing(void** state) {
  Stage stage(state);
  stage.answer_messages(403, "permission_error", "made up");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_403_of_the_organization_proves_nothing(void** state) {
  Stage stage(state);
  stage.answer_messages(403, "permission_error",
                        "OAuth authentication is currently not allowed for this organization.");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_429_proves_nothing(void** state) {
  Stage stage(state);
  stage.answer_messages(429, "rate_limit_error", "made up");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_usage_limit_proves_nothing(void** state) {
  Stage stage(state);
  const std::string reset = std::to_string(std::time(nullptr) + 3600);
  stage.answer_messages(429, "rate_limit_error", "This request would exceed your rate limit.",
                        {{"anthropic-ratelimit-unified-status", "rejected"},
                         {"anthropic-ratelimit-unified-representative-claim", "five_hour"},
                         {"anthropic-ratelimit-unified-reset", reset}});
  const ProbeResult result = stage.probe(stage.token);
  expect(result, ProbeVerdict::unchecked);
  assert_true(result.reason.contains("limit"));
}

void a_500_proves_nothing(void** state) {
  Stage stage(state);
  stage.answer_messages(500, "api_error", "Internal server error");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void an_overloaded_service_proves_nothing(void** state) {
  Stage stage(state);
  stage.answer_messages(529, "overloaded_error", "Overloaded");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_lost_reply_proves_nothing(void** state) {
  Stage stage(state);
  stage.service.inject({.kind = FaultKind::lose_reply, .path = "messages", .times = -1});
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_service_that_hangs_proves_nothing(void** state) {
  Stage stage(state);
  stage.service.inject({.kind = FaultKind::hang, .path = "messages", .times = -1});
  expect(stage.probe(stage.token, 5s), ProbeVerdict::unchecked);
}

void a_host_without_a_network_proves_nothing(void** state) {
  Stage stage(state);
  stage.environment.erase("HTTPS_PROXY");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

void a_service_that_cannot_be_trusted_proves_nothing(void** state) {
  Stage stage(state);
  stage.environment.erase("NODE_EXTRA_CA_CERTS");
  expect(stage.probe(stage.token), ProbeVerdict::unchecked);
}

// --- what would answer in the token's place ---

std::vector<std::pair<std::string, std::string>> poison() {
  return {{"ANTHROPIC_API_KEY", kApiKey},      {"ANTHROPIC_AUTH_TOKEN", kApiKey},
          {"CLAUDE_CODE_USE_BEDROCK", "1"},    {"CLAUDE_CODE_USE_VERTEX", "1"},
          {"CLAUDE_CODE_USE_FOUNDRY", "1"},    {"ANTHROPIC_BASE_URL", "https://made-up.invalid"},
          {"CLAUDE_CODE_SIMPLE", "1"},         {"ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: TEST"},
          {"CLAUDE_CONFIG_DIR", "/made-up"},   {"CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "0"},
          {"NODE_OPTIONS", "--made-up"},       {"ANTHROPIC_MODEL", "made-up"},
          {"ANTHROPIC_IDENTITY_TOKEN", "TEST"}};
}

/// Both in what the job looks up and in what a child would inherit.
void poison_environment(Stage& stage) {
  stage.service.accept(kApiKey);
  for (const auto& [name, value] : poison()) {
    stage.environment[name] = value;
    ::setenv(name.c_str(), value.c_str(), 1);
  }
}

void cleanse_environment() {
  for (const auto& [name, value] : poison()) ::unsetenv(name.c_str());
}

void a_poisoned_environment_does_not_make_a_dead_token_look_alive(void** state) {
  Stage stage(state);
  poison_environment(stage);
  const ProbeResult result = stage.probe(kDeadToken);
  cleanse_environment();
  expect(result, ProbeVerdict::rejected);
}

void a_poisoned_environment_does_not_make_a_working_token_look_dead(void** state) {
  Stage stage(state);
  poison_environment(stage);
  const ProbeResult result = stage.probe(stage.token);
  cleanse_environment();
  expect(result, ProbeVerdict::accepted);
}

// Without it the two tests above could not fail.
void an_api_key_would_make_a_dead_token_look_alive(void** state) {
  Stage stage(state);
  stage.service.accept(kApiKey);
  std::vector<std::string> more = stage.service.client_environment();
  more.push_back(std::string("ANTHROPIC_API_KEY=") + kApiKey);
  more.push_back(std::string("CLAUDE_CODE_OAUTH_TOKEN=") + kDeadToken);
  const Finished finished =
      run_client(stage.client, {"-p", "hi", "--model", "haiku", "--no-session-persistence"},
                 stage.home.environment(more), kLimit);
  assert_string_equal(finished.standard_output.c_str(), "AUTH_OK\n");
}

// --- what a probe leaves alone ---

using Snapshot = std::map<std::string, std::string>;

/// Every path below `directory`, and what is in its files.
Snapshot snapshot(const std::string& directory) {
  Snapshot all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    all[entry.path()] = entry.is_regular_file() ? test::contents(entry.path()) : "";
  return all;
}

void a_probe_of_an_expired_login_asks_for_no_new_token(void** state) {
  Stage stage(state);
  set_integer(stage.login.get(), "expiresAt", 1);
  stage.home.write_login(*stage.login);
  static_cast<void>(stage.probe(kDeadToken));
  assert_int_equal(stage.service.counters().refreshes, 0);
}

void a_probe_leaves_the_home_as_it_was(void** state) {
  const Stage stage(state);
  stage.home.write_login(*stage.login);
  const Snapshot before = snapshot(stage.home.user().home);
  expect(stage.probe(stage.token), ProbeVerdict::accepted);
  assert_true(snapshot(stage.home.user().home) == before);
}

void a_probe_leaves_nothing_in_its_temporary_directory(void** state) {
  const Stage stage(state);
  expect(stage.probe(stage.token), ProbeVerdict::accepted);
  assert_int_equal(test::entries_in(stage.home.temporary()), 0);
}

/// In a /tmp of its own, with nothing but what the client has to find there.
bool leaves_nothing_in_tmp(Stage& stage) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0)
    return false;
  stage.environment.erase("TMPDIR");
  stage.environment["NODE_EXTRA_CA_CERTS"] = "/tmp/authority";
  std::ofstream("/tmp/authority") << stage.service.authority();
  return stage.probe(stage.token).verdict == ProbeVerdict::accepted &&
         test::entries_in("/tmp") == 1;
}

void a_probe_leaves_nothing_in_tmp(void** state) {
  Stage stage(state);
  assert_true(test::succeeded(test::start_forked([&] { return leaves_nothing_in_tmp(stage); })));
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  return ClientStage::enter(argc, argv)
      .run({
          {"a_working_token_is_accepted", a_working_token_is_accepted},
          {"an_unknown_token_is_rejected", an_unknown_token_is_rejected},
          {"an_expired_token_is_rejected", an_expired_token_is_rejected},
          {"a_revoked_token_is_rejected", a_revoked_token_is_rejected},
          {"a_token_revoked_by_403_is_rejected", a_token_revoked_by_403_is_rejected},
          {"no_token_is_rejected", no_token_is_rejected},
          {"a_403_proves_nothing", a_403_proves_nothing},
          {"a_403_of_the_organization_proves_nothing", a_403_of_the_organization_proves_nothing},
          {"a_429_proves_nothing", a_429_proves_nothing},
          {"a_usage_limit_proves_nothing", a_usage_limit_proves_nothing},
          {"a_500_proves_nothing", a_500_proves_nothing},
          {"an_overloaded_service_proves_nothing", an_overloaded_service_proves_nothing},
          {"a_lost_reply_proves_nothing", a_lost_reply_proves_nothing},
          {"a_service_that_hangs_proves_nothing", a_service_that_hangs_proves_nothing},
          {"a_host_without_a_network_proves_nothing", a_host_without_a_network_proves_nothing},
          {"a_service_that_cannot_be_trusted_proves_nothing",
           a_service_that_cannot_be_trusted_proves_nothing},
          {"a_poisoned_environment_does_not_make_a_dead_token_look_alive",
           a_poisoned_environment_does_not_make_a_dead_token_look_alive},
          {"a_poisoned_environment_does_not_make_a_working_token_look_dead",
           a_poisoned_environment_does_not_make_a_working_token_look_dead},
          {"an_api_key_would_make_a_dead_token_look_alive",
           an_api_key_would_make_a_dead_token_look_alive},
          {"a_probe_of_an_expired_login_asks_for_no_new_token",
           a_probe_of_an_expired_login_asks_for_no_new_token},
          {"a_probe_leaves_the_home_as_it_was", a_probe_leaves_the_home_as_it_was},
          {"a_probe_leaves_nothing_in_its_temporary_directory",
           a_probe_leaves_nothing_in_its_temporary_directory},
          {"a_probe_leaves_nothing_in_tmp", a_probe_leaves_nothing_in_tmp},
      });
}
