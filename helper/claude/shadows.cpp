#include "claude/shadows.h"

#include <sys/stat.h>

#include <array>
#include <string_view>

#include "base/json.h"
#include "base/secure_file.h"
#include "claude/credentials.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

// Each of these is asked before the login is (docs/claude-client.md).
constexpr std::array kOutranking = {"ANTHROPIC_API_KEY",
                                    "ANTHROPIC_AUTH_TOKEN",
                                    "ANTHROPIC_CUSTOM_HEADERS",
                                    "ANTHROPIC_IDENTITY_TOKEN",
                                    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
                                    "CLAUDE_CODE_USE_BEDROCK",
                                    "CLAUDE_CODE_USE_VERTEX",
                                    "CLAUDE_CODE_USE_FOUNDRY",
                                    "CLAUDE_CODE_SIMPLE"};

bool exists(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

Json read_json(const std::string& path, uid_t owner) {
  constexpr std::size_t kLargest = 64U << 20;
  const auto text =
      read_small_file(path, {.owner = owner, .forbidden_bits = 0, .max_bytes = kLargest});
  if (!text) return nullptr;
  auto parsed = parse_object(*text);
  return parsed ? std::move(*parsed) : nullptr;
}

void look_at_environment(const Lookup& environment, LoginMode mode, std::vector<Shadow>& found) {
  for (const char* name : kOutranking)
    if (const auto value = environment(name); value && !value->empty())
      found.push_back({std::string(name) + " is set in this environment and outranks the login",
                       std::string("unset ") + name + " where your shell sets it"});
  const auto token = environment(login_pipe::kVariable);
  if (token && !token->empty() && mode == LoginMode::oauth)
    found.push_back({std::string(login_pipe::kVariable) +
                         " is set in this session, but no setup token is in force",
                     "open a new session, and remove it from your shell's files"});
}

// An `env` member sets variables for Claude whatever the session has.
void look_at_env_member(const json_t* settings, const std::string& path,
                        std::vector<Shadow>& found) {
  const json_t* variables = json_object_get(settings, "env");
  for (const char* name : kOutranking)
    if (json_object_get(variables, name) != nullptr)
      found.push_back({path + " sets " + name + " in its `env`", "remove it there"});
}

void look_at_settings(const std::string& path, uid_t owner, std::vector<Shadow>& found) {
  const Json settings = read_json(path, owner);
  if (!settings) return;
  if (json_object_get(settings.get(), "apiKeyHelper") != nullptr)
    found.push_back({path + " has an apiKeyHelper, which outranks the login", "remove it there"});
  look_at_env_member(settings.get(), path, found);
}

void look_at_claude_json(const Paths& paths, uid_t owner, LoginMode mode,
                         std::vector<Shadow>& found) {
  const Json account = read_json(paths.claude_json, owner);
  look_at_env_member(account.get(), paths.claude_json, found);
  if (json_object_get(account.get(), "primaryApiKey") != nullptr)
    found.push_back({paths.claude_json + " holds an API key of its own",
                     "`claude auth logout`, then log in again"});
  if (mode == LoginMode::setup_token &&
      !json_is_true(json_object_get(account.get(), "hasCompletedOnboarding")))
    found.push_back({paths.claude_json + " has no hasCompletedOnboarding: the first interactive "
                                         "start asks for a login although the setup token works",
                     "start `claude` once and go through it, or set it to true"});
}

}  // namespace

std::vector<Shadow> find_shadows(const UserId& user, const Paths& paths, const Lookup& environment,
                                 LoginMode mode, const std::string& managed_settings) {
  std::vector<Shadow> found;
  look_at_environment(environment, mode, found);
  for (const char* name : {"/settings.json", "/settings.local.json"})
    look_at_settings(paths.claude_dir + name, user.uid, found);
  look_at_settings(managed_settings, 0, found);
  look_at_claude_json(paths, user.uid, mode, found);
  if (const std::string directory = user.home + "/.config/anthropic"; exists(directory))
    found.push_back({directory + " exists and may hold credentials that outrank the login",
                     "move it away if Claude uses another account than yours"});
  const CredentialsFile file = read_credentials(paths.credentials, user.uid);
  if (mode == LoginMode::setup_token && file.content == CredentialsContent::valid)
    found.push_back({paths.credentials + " holds a login beside the setup token, and is no longer "
                                         "refreshed or backed up",
                     "nothing, or `claude auth logout` to be rid of it"});
  return found;
}

}  // namespace claude_auth
