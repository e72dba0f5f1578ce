// helper/claude/live_probe: what is asked of `claude`, in which surroundings, and what its answer
// means. A shell script stands in for `claude`.
#include "claude/live_probe.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cmocka_cpp.h"
#include "forked.h"
#include "table.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kToken[] = "sk-ant-oat01-TEST-probed";

struct Answer {
  int exit_status;
  bool timed_out;
  const char* output;
  const char* errors;
};

void every_answer_has_its_verdict(void**) {
  using enum ProbeVerdict;
  const Row<Answer, ProbeVerdict> rows[] = {
      {"the reply", {0, false, "AUTH_OK\n", ""}, accepted},
      {"the reply among blanks and warnings", {0, false, "\n AUTH_OK \r\n", "a warning"}, accepted},
      {"the reply, but a failure", {1, false, "AUTH_OK\n", ""}, unchecked},
      {"the reply, but killed", {-1, false, "AUTH_OK\n", ""}, unchecked},
      {"the reply, but too late", {0, true, "AUTH_OK\n", ""}, unchecked},
      {"more than the reply", {0, false, "AUTH_OK, gladly", ""}, unchecked},
      {"the reply on standard error", {0, false, "", "AUTH_OK"}, unchecked},
      {"success without a word", {0, false, "", ""}, unchecked},

      {"not logged in", {1, false, "Not logged in · Please run /login\n", ""}, rejected},
      {"expired", {1, false, "OAuth session expired and could not be refreshed\n", ""}, rejected},
      {"401", {1, false, "Failed to authenticate. API Error: 401 made up", ""}, rejected},
      {"401 on standard error", {1, false, "", "Failed to authenticate. API Error: 401"}, rejected},
      {"revoked", {1, false, "OAuth token has been revoked", ""}, rejected},
      {"revoked, as 2.1.330 says it",
       {1, false, "Failed to authenticate: OAuth token revoked. Please log in again", ""},
       rejected},
      {"revoked, as 2.1.197 says it",
       {1, false,
        "Your account does not have access to Claude. Please login again or contact your "
        "administrator.",
        ""},
       rejected},
      {"401, but too late", {-1, true, "Failed to authenticate. API Error: 401", ""}, unchecked},

      {"403", {1, false, "Failed to authenticate. API Error: 403 made up", ""}, unchecked},
      {"the organization's 403",
       {1, false, "Your organization has disabled Claude subscription access", ""},
       unchecked},
      {"429", {1, false, "API Error: 429 made up", ""}, unchecked},
      {"429 in words",
       {1, false, "API Error: Server is temporarily limiting requests", ""},
       unchecked},
      {"a session limit", {1, false, "You've hit your session limit", ""}, unchecked},
      {"a 5-hour limit", {1, false, "5-hour limit reached", ""}, unchecked},
      {"500", {1, false, "API Error: 500", ""}, unchecked},
      {"529", {1, false, "API Error: 529 overloaded", ""}, unchecked},
      {"no connection", {1, false, "", "Connection error: ECONNREFUSED"}, unchecked},
      {"no name", {1, false, "", "getaddrinfo ENOTFOUND"}, unchecked},
      {"another process refreshes",
       {1, false, "another Claude Code process is refreshing it", ""},
       unchecked},
  };
  every_row_holds(rows, [](const Answer& answer) {
    return judge_probe(answer.exit_status, answer.timed_out, answer.output, answer.errors).verdict;
  });
}

void a_reason_is_printable(void**) {
  const std::string reason = judge_probe(1, false, "made\x1b[2Jup\n\n", "").reason;
  assert_string_equal(reason.c_str(), "made?[2Jup");
}

void a_reason_holds_no_token(void**) {
  const std::string reason =
      judge_probe(1, false, "A=sk-ant-oat01-TEST_a-b, B=sk-ant-ort01-TEST\nsk-ant-", "").reason;
  assert_string_equal(reason.c_str(), "A=(a token), B=(a token)?(a token)");
}

Lookup environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

/// A stand-in for `claude`, and all that a probe needs around it.
struct Stage {
  TemporaryDirectory dir;
  UserId user{.uid = ::geteuid(), .name = "made-up-user", .home = dir / "home"};
  std::string claude = dir / "claude";
  std::map<std::string, std::string> environment{{"PATH", "/usr/bin:/bin"},
                                                 {"TMPDIR", dir / "tmp"}};

  Stage() {
    for (const char* name : {"home", "tmp"})
      if (::mkdir((dir / name).c_str(), 0700) != 0) fail();
  }

  /// `claude` is a script; $out is a directory that survives it.
  void claude_does(const std::string& script) const {
    put(claude, "#!/bin/sh\nout='" + dir.path() + "'\n" + script, 0755);
  }

  [[nodiscard]] ProbeResult probe(Millis limit = 60s) const {
    return probe_isolated(claude, Secret::copy_of(kToken), user, environment_of(environment),
                          limit);
  }
};

/// The NUL-terminated strings of a file as /proc has them, sorted.
std::vector<std::string> strings_of(const std::string& path) {
  std::vector<std::string> strings;
  const std::string bytes = contents(path);
  for (std::size_t at = 0; at < bytes.size(); at += strings.back().size() + 1)
    strings.emplace_back(bytes.data() + at);
  return strings;
}

void a_working_token_is_accepted(void**) {
  const Stage stage;
  stage.claude_does("echo AUTH_OK");
  assert_true(stage.probe().verdict == ProbeVerdict::accepted);
}

void a_refused_token_is_rejected(void**) {
  const Stage stage;
  stage.claude_does("echo 'Failed to authenticate. API Error: 401'; exit 1");
  assert_true(stage.probe().verdict == ProbeVerdict::rejected);
}

void the_client_is_asked_by_exactly_these_arguments(void**) {
  const Stage stage;
  stage.claude_does("cat /proc/$$/cmdline >$out/cmdline");
  static_cast<void>(stage.probe());
  std::vector<std::string> arguments = strings_of(stage.dir / "cmdline");
  // The interpreter and its script.
  arguments.erase(arguments.begin(), arguments.begin() + 2);
  const std::vector<std::string> expected = {"-p",
                                             "Reply with exactly AUTH_OK and nothing else.",
                                             "--model",
                                             "haiku",
                                             "--max-turns",
                                             "1",
                                             "--no-session-persistence",
                                             "--tools",
                                             "",
                                             "--disable-slash-commands",
                                             "--setting-sources",
                                             ""};
  assert_true(arguments == expected);
}

void the_client_has_exactly_the_allowed_environment(void**) {
  Stage stage;
  stage.environment["LANG"] = "C.UTF-8";
  stage.environment["HTTPS_PROXY"] = "http://made-up:1";
  stage.environment["NODE_EXTRA_CA_CERTS"] = "/made-up/ca";
  for (const char* poison :
       {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
        "ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_IDENTITY_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_SIMPLE", "HOME",
        "CLAUDE_CONFIG_DIR", "LD_PRELOAD", "NODE_OPTIONS", "VAULT_TOKEN"})
    stage.environment[poison] = "TEST-poison";
  stage.claude_does("cat /proc/$$/environ >$out/environ; pwd >$out/pwd");
  static_cast<void>(stage.probe());
  std::vector<std::string> found = strings_of(stage.dir / "environ");
  const std::string pwd = contents(stage.dir / "pwd");
  const std::string home = pwd.substr(0, pwd.size() - 1);
  std::vector<std::string> expected = {"CLAUDE_CODE_MAX_RETRIES=1",
                                       "CLAUDE_CODE_OAUTH_TOKEN=" + std::string(kToken),
                                       "CLAUDE_CONFIG_DIR=" + home,
                                       "HOME=" + home,
                                       "HTTPS_PROXY=http://made-up:1",
                                       "LANG=C.UTF-8",
                                       "LOGNAME=made-up-user",
                                       "NODE_EXTRA_CA_CERTS=/made-up/ca",
                                       "PATH=/usr/bin:/bin",
                                       "TMPDIR=" + home,
                                       "USER=made-up-user"};
  std::ranges::sort(found);
  std::ranges::sort(expected);
  assert_true(found == expected);
}

void the_token_is_never_an_argument(void**) {
  const Stage stage;
  stage.claude_does("cat /proc/$$/cmdline >$out/cmdline");
  static_cast<void>(stage.probe());
  const std::string arguments = contents(stage.dir / "cmdline");
  assert_false(arguments.empty());
  assert_false(arguments.contains(kToken));
}

void the_clients_home_is_empty_private_and_gone_afterwards(void**) {
  const Stage stage;
  stage.claude_does(R"(ls -A "$HOME" >$out/ls; stat -c %a "$HOME" >$out/mode
mkdir -p "$HOME/.claude/projects"; echo left >"$HOME/.claude/projects/file"; ln -s / "$HOME/link")");
  static_cast<void>(stage.probe());
  assert_string_equal(contents(stage.dir / "ls").c_str(), "");
  assert_string_equal(contents(stage.dir / "mode").c_str(), "700\n");
  assert_int_equal(entries_in(stage.dir / "tmp"), 0);
}

void what_a_killed_probe_left_is_removed(void**) {
  const Stage stage;
  stage.claude_does("touch \"$HOME/left\"; kill -KILL $PPID; sleep 60");
  assert_false(succeeded(start_forked([&] { return stage.probe().reason.empty(); })));
  assert_int_equal(entries_in(stage.dir / "tmp"), 1);
  clear_dead_probes(environment_of(stage.environment));
  assert_int_equal(entries_in(stage.dir / "tmp"), 0);
}

void a_probe_at_work_keeps_its_directory(void**) {
  const Stage stage;
  stage.claude_does(
      "mkfifo $out/go; echo > $out/started; read -r _ < $out/go; "
      "[ -d \"$HOME\" ] && echo AUTH_OK");
  const std::string started = stage.dir / "started";
  assert_int_equal(::mkfifo(started.c_str(), 0600), 0);
  const pid_t probe = start_forked([&] { return stage.probe().verdict == ProbeVerdict::accepted; });
  static_cast<void>(contents(started));
  clear_dead_probes(environment_of(stage.environment));
  put(stage.dir / "go", "\n");
  assert_true(succeeded(probe));
}

void the_users_home_is_left_alone(void**) {
  const Stage stage;
  stage.claude_does(R"(echo made-up >"$HOME/.claude.json"; echo AUTH_OK)");
  assert_true(stage.probe().verdict == ProbeVerdict::accepted);
  assert_int_equal(entries_in(stage.user.home), 0);
}

void the_client_reads_nothing(void**) {
  const Stage stage;
  stage.claude_does("readlink /proc/$$/fd/0 >$out/stdin");
  static_cast<void>(stage.probe());
  assert_string_equal(contents(stage.dir / "stdin").c_str(), "/dev/null\n");
}

void a_client_that_hangs_is_stopped_and_proves_nothing(void**) {
  const Stage stage;
  stage.claude_does("echo AUTH_OK; exec sleep 600");
  const Deadline patience = Deadline::in(30s);
  assert_true(stage.probe(200ms).verdict == ProbeVerdict::unchecked);
  assert_false(patience.passed());
  assert_int_equal(entries_in(stage.dir / "tmp"), 0);
}

void a_client_that_cannot_be_run_is_no_client(void**) {
  const Stage stage;
  put(stage.claude, "#!/made-up/interpreter\n", 0755);
  assert_true(stage.probe().verdict == ProbeVerdict::no_client);
}

void without_a_temporary_directory_nothing_is_proved(void**) {
  Stage stage;
  stage.claude_does("echo AUTH_OK");
  stage.environment["TMPDIR"] = stage.dir / "none";
  assert_true(stage.probe().verdict == ProbeVerdict::unchecked);
}

// --- finding it ---

struct Search {
  Stage stage;

  /// Puts an executable `claude` there.
  std::string place(const std::string& directory) const {
    std::filesystem::create_directories(stage.dir / directory);
    put(stage.dir / (directory + "/claude"), "#!/bin/sh\n", 0755);
    return stage.dir / (directory + "/claude");
  }

  [[nodiscard]] std::string find(const std::string& configured, const std::string& path) const {
    return find_claude(configured, stage.user, environment_of({{"PATH", path}}));
  }
};

void the_configured_client_comes_first(void**) {
  const Search search;
  search.place("home/.local/bin");
  const std::string configured = search.place("configured");
  assert_string_equal(search.find(configured, "/none").c_str(), configured.c_str());
}

void a_configured_client_that_is_missing_is_not_replaced_by_another(void**) {
  const Search search;
  search.place("home/.local/bin");
  assert_string_equal(search.find("/made-up/claude", "/none").c_str(), "");
}

void the_users_own_client_comes_before_the_path(void**) {
  const Search search;
  const std::string local = search.place("home/.local/bin");
  search.place("bin");
  assert_string_equal(search.find("", search.stage.dir / "bin").c_str(), local.c_str());
}

void the_path_is_searched_in_order(void**) {
  const Search search;
  const std::string first = search.place("first");
  search.place("second");
  const std::string path =
      "/none:" + (search.stage.dir / "first") + ":" + (search.stage.dir / "second");
  assert_string_equal(search.find("", path).c_str(), first.c_str());
}

void a_relative_path_is_never_searched(void**) {
  const Search search;
  search.place("bin");
  assert_int_equal(::chdir((search.stage.dir / "bin").c_str()), 0);
  assert_string_equal(search.find("", ":.:").c_str(), "");
  assert_int_equal(::chdir("/"), 0);
}

void a_directory_is_no_client(void**) {
  const Search search;
  std::filesystem::create_directories(search.stage.dir / "home/.local/bin/claude");
  const std::string real = search.place("bin");
  assert_string_equal(search.find("", search.stage.dir / "bin").c_str(), real.c_str());
}

void a_file_that_cannot_be_executed_is_no_client(void**) {
  const Search search;
  ::chmod(search.place("bin").c_str(), 0644);
  assert_string_equal(search.find("", search.stage.dir / "bin").c_str(), "");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_answer_has_its_verdict),
      cmocka_unit_test(a_reason_is_printable),
      cmocka_unit_test(a_reason_holds_no_token),
      cmocka_unit_test(a_working_token_is_accepted),
      cmocka_unit_test(a_refused_token_is_rejected),
      cmocka_unit_test(the_client_is_asked_by_exactly_these_arguments),
      cmocka_unit_test(the_client_has_exactly_the_allowed_environment),
      cmocka_unit_test(the_token_is_never_an_argument),
      cmocka_unit_test(the_clients_home_is_empty_private_and_gone_afterwards),
      cmocka_unit_test(what_a_killed_probe_left_is_removed),
      cmocka_unit_test(a_probe_at_work_keeps_its_directory),
      cmocka_unit_test(the_users_home_is_left_alone),
      cmocka_unit_test(the_client_reads_nothing),
      cmocka_unit_test(a_client_that_hangs_is_stopped_and_proves_nothing),
      cmocka_unit_test(a_client_that_cannot_be_run_is_no_client),
      cmocka_unit_test(without_a_temporary_directory_nothing_is_proved),
      cmocka_unit_test(the_configured_client_comes_first),
      cmocka_unit_test(a_configured_client_that_is_missing_is_not_replaced_by_another),
      cmocka_unit_test(the_users_own_client_comes_before_the_path),
      cmocka_unit_test(the_path_is_searched_in_order),
      cmocka_unit_test(a_relative_path_is_never_searched),
      cmocka_unit_test(a_directory_is_no_client),
      cmocka_unit_test(a_file_that_cannot_be_executed_is_no_client),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
