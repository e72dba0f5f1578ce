#include "claude/live_probe.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/child.h"
#include "base/errors.h"
#include "base/trimmed.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

constexpr std::string_view kExpectedReply = "AUTH_OK";
constexpr std::size_t kMaxOutput = 64 << 10;
// A client that is told to end finishes a refresh within 2 s (docs/claude-client.md).
constexpr Millis kGrace{5000};
constexpr std::chrono::seconds kTokenProbeLimit{60};

constexpr std::string_view kTokenCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

// Everything else of the user's environment could answer in the token's place.
constexpr std::array kAllowedVariables = {
    "PATH",          "LANG",        "LC_ALL",   "HTTP_PROXY", "HTTPS_PROXY", "http_proxy",
    "https_proxy",   "NO_PROXY",    "no_proxy", "ALL_PROXY",  "all_proxy",   "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE", "SSL_CERT_DIR"};

// What the client prints when authentication itself is broken.
constexpr std::array kBroken = {"Not logged in", "OAuth session expired and could not be refreshed",
                                "Failed to authenticate. API Error: 401", "OAuth token revoked",
                                "token has been revoked",
                                // Version 2.1.197, of a revoked token and of nothing else.
                                "Your account does not have access to Claude. Please login again"};

bool is_executable(const std::string& path) {
  struct stat info{};
  // A directory has X bits too.
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::string search_path(const std::string& path) {
  for (std::string_view rest(path); !rest.empty();) {
    const std::size_t end = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, end)) + "/claude";
    // An empty or relative entry would run whatever lies in the current directory.
    if (candidate.starts_with('/') && is_executable(candidate)) return candidate;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

constexpr std::string_view kTemporaryName = "claude-auth.";
// The most that /tmp is searched.
constexpr int kMaxEntriesSearched = 10'000;

std::string temporary_place(const Lookup& environment) {
  return environment("TMPDIR").value_or("/tmp");
}

/// The directory `path`, locked, where it is this user's and nobody works in it. Whoever has the
/// lock may find that it was removed meanwhile.
UniqueFd lock_directory(const std::string& path) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat held{};
  struct stat named{};
  const bool ours = directory && ::fstat(directory.get(), &held) == 0 &&
                    held.st_uid == ::geteuid() &&
                    ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0 &&
                    ::lstat(path.c_str(), &named) == 0 && named.st_ino == held.st_ino;
  return ours ? std::move(directory) : UniqueFd();
}

/// A directory that goes away with everything in it; locked, so that one of a killed process is
/// told from one in use.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const Lookup& environment) {
    clear_dead_probes(environment);
    // A sweep of another process may take one away before it is locked.
    for (int tries = 0; tries < 3 && !lock_; ++tries) {
      path_ = temporary_place(environment) + "/" + std::string(kTemporaryName) + "XXXXXX";
      if (::mkdtemp(path_.data()) == nullptr) break;
      lock_ = lock_directory(path_);
    }
    if (!lock_) path_.clear();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd lock_;
};

// A client in trouble may print its environment.
std::string without_tokens(std::string_view text) {
  constexpr std::string_view start = "sk-ant-";
  std::string kept;
  for (;;) {
    const std::size_t at = text.find(start);
    kept += text.substr(0, at);
    if (at == std::string_view::npos) return kept;
    kept += "(a token)";
    text.remove_prefix(at);
    text.remove_prefix(std::min(text.find_first_not_of(kTokenCharacters), text.size()));
  }
}

std::vector<std::string> probe_arguments() {
  return {"claude",
          "-p",
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
}

std::vector<std::string> allowed_environment(const UserId& user, const Lookup& environment) {
  std::vector<std::string> allowed{"USER=" + user.name, "LOGNAME=" + user.name,
                                   "CLAUDE_CODE_MAX_RETRIES=1"};
  for (const char* name : kAllowedVariables)
    if (const auto value = environment(name)) allowed.push_back(std::string(name) + "=" + *value);
  return allowed;
}

// The client leaves directories of its own below `temporary`.
Command probe_command(const std::string& claude, const std::string& home,
                      const std::string& temporary, const UserId& user, const Lookup& environment) {
  Command command{.path = claude,
                  .arguments = probe_arguments(),
                  .environment = allowed_environment(user, environment),
                  .working_directory = home};
  command.environment.push_back("HOME=" + home);
  command.environment.push_back("TMPDIR=" + temporary);
  return command;
}

ProbeResult no_temporary_directory() {
  return {ProbeVerdict::unchecked, "no temporary directory for the probe: " + errno_text(errno)};
}

ProbeResult judge(const std::string& claude, const std::expected<Finished, int>& finished) {
  if (!finished)
    return {ProbeVerdict::no_client, claude + " cannot be run: " + errno_text(finished.error())};
  const int status = WIFEXITED(finished->wait_status) ? WEXITSTATUS(finished->wait_status) : -1;
  return judge_probe(status, finished->timed_out, finished->standard_output,
                     finished->standard_error);
}

}  // namespace

void clear_dead_probes(const Lookup& environment) {
  std::error_code error;
  std::filesystem::directory_iterator entry(temporary_place(environment), error);
  for (int searched = 0;
       !error && entry != std::filesystem::directory_iterator() && searched < kMaxEntriesSearched;
       ++searched, entry.increment(error)) {
    const std::string path = entry->path();
    if (!entry->path().filename().string().starts_with(kTemporaryName)) continue;
    const UniqueFd lock = lock_directory(path);
    std::error_code ignored;
    if (lock) std::filesystem::remove_all(path, ignored);
  }
}

std::string find_claude(const std::string& configured, const UserId& user,
                        const Lookup& environment) {
  if (!configured.empty()) return is_executable(configured) ? configured : std::string();
  const std::string local = user.home + "/.local/bin/claude";
  if (is_executable(local)) return local;
  return search_path(environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin"));
}

ProbeResult probe_isolated(const std::string& claude, const Secret& token, const UserId& user,
                           const Lookup& environment, Millis limit) {
  const TemporaryDirectory home(environment);
  if (home.path().empty()) return no_temporary_directory();
  Command command = probe_command(claude, home.path(), home.path(), user, environment);
  command.environment.push_back("CLAUDE_CONFIG_DIR=" + home.path());
  command.environment.push_back(std::string(login_pipe::kVariable) + "=" +
                                std::string(token.view()));
  return judge(claude, run(std::move(command), Deadline::in(limit), kGrace, kMaxOutput));
}

ProbeResult probe_token_twice(const std::string& claude, const Secret& token, const UserId& user,
                              const Lookup& environment) {
  const ProbeResult first = probe_isolated(claude, token, user, environment, kTokenProbeLimit);
  if (first.verdict != ProbeVerdict::rejected) return first;
  return probe_isolated(claude, token, user, environment, kTokenProbeLimit);
}

ProbeResult probe_in_home(const std::string& claude, const std::string& claude_dir,
                          const UserId& user, const Lookup& environment, Millis limit) {
  const TemporaryDirectory temporary(environment);
  if (temporary.path().empty()) return no_temporary_directory();
  Command command = probe_command(claude, user.home, temporary.path(), user, environment);
  // 2.1.197 loses the login where TERM comes between the server's rotation and its own write.
  command.when_orphaned = WhenOrphaned::live_on;
  if (const auto moved = environment("CLAUDE_CONFIG_DIR"))
    command.environment.push_back("CLAUDE_CONFIG_DIR=" + *moved);
  const std::string refresh_lock = claude_dir + "/.oauth_refresh.lock";
  const Deadline longest = Deadline::in(limit + kLongestRefresh);
  const auto refresh_under_way = [&] {
    return !longest.passed() && ::access(refresh_lock.c_str(), F_OK) == 0;
  };
  return judge(claude,
               run(std::move(command), Deadline::in(limit), kGrace, kMaxOutput, refresh_under_way));
}

ProbeResult judge_probe(int exit_status, bool timed_out, std::string_view output,
                        std::string_view errors) {
  if (timed_out) return {ProbeVerdict::unchecked, "the probe did not end in time"};
  // Exit 0 alone proves nothing: an interrupted run exits 0 with an empty reply.
  if (exit_status == 0 && trimmed(output) == kExpectedReply)
    return {ProbeVerdict::accepted, "real inference answered"};
  for (const char* text : kBroken)
    if (output.contains(text) || errors.contains(text)) return {ProbeVerdict::rejected, text};
  const std::string_view said = trimmed(output.empty() ? errors : output);
  return {ProbeVerdict::unchecked,
          said.empty() ? "the probe printed nothing" : printable(without_tokens(said))};
}

}  // namespace claude_auth
