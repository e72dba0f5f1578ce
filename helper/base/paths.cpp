#include "base/paths.h"

#include <cstdlib>

#include "base/errors.h"

namespace claude_auth {
namespace {

/// An override that replaces one path.
struct Override {
  const char* variable;
  std::string Paths::* member;
};

/// Replaces `path` where `variable` is set; it then has to be absolute.
std::expected<void, std::string> apply(const Lookup& environment, const char* variable,
                                       std::string& path) {
  const std::optional<std::string> value = environment(variable);
  if (!value) return {};
  if (!value->starts_with('/')) {
    return std::unexpected(std::string(variable) + " is no absolute path: \"" + printable(*value) +
                           "\"; give one, or unset it");
  }
  path = *value;
  return {};
}

}  // namespace

Lookup process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Lookup no_environment() {
  return [](const char*) -> std::optional<std::string> { return std::nullopt; };
}

std::expected<Paths, std::string> paths_for(const UserId& user, const Lookup& environment) {
  if (!user.home.starts_with('/')) {
    return std::unexpected("the home directory of " + printable(user.name) +
                           " is no absolute path: ask the administrator");
  }
  Paths paths;
  paths.claude_dir = user.home + "/.claude";
  paths.claude_json = user.home + "/.claude.json";
  paths.config_dir = user.home + "/.config/claude-auth-sync";
  paths.state_dir = user.home + "/.local/state/claude-auth-sync";
  paths.local_store = user.home + "/.local/share/claude-auth-sync/store";

  const Override directories[] = {
      {"CLAUDE_CONFIG_DIR", &Paths::claude_dir},
      {"CLAUDE_AUTH_CONFIG_DIR", &Paths::config_dir},
      {"CLAUDE_AUTH_STATE_DIR", &Paths::state_dir},
  };
  for (const auto& [variable, member] : directories) {
    if (const auto done = apply(environment, variable, paths.*member); !done) {
      return std::unexpected(done.error());
    }
  }
  // Claude moves this file for any value of the variable, that of its default included.
  if (environment("CLAUDE_CONFIG_DIR")) paths.claude_json = paths.claude_dir + "/.claude.json";
  paths.credentials = paths.claude_dir + "/.credentials.json";
  paths.vault_token = paths.config_dir + "/vault-token";
  paths.token_env = paths.config_dir + "/claude-oauth.env";
  paths.state = paths.state_dir + "/state.json";
  paths.last_status = paths.state_dir + "/last-status.json";
  paths.log = paths.state_dir + "/sync.log";
  paths.paused = paths.state_dir + "/paused";
  paths.lock = paths.state_dir + "/lock";
  paths.login_lock = paths.state_dir + "/login.lock";
  paths.change_lock = paths.state_dir + "/change.lock";
  paths.client_locks = paths.state_dir + "/client-locks.json";

  const Override files[] = {
      {"CLAUDE_CREDENTIALS_FILE", &Paths::credentials},
      {"CLAUDE_AUTH_VAULT_TOKEN_FILE", &Paths::vault_token},
      {"CLAUDE_AUTH_TOKEN_ENV_FILE", &Paths::token_env},
  };
  for (const auto& [variable, member] : files) {
    if (const auto done = apply(environment, variable, paths.*member); !done) {
      return std::unexpected(done.error());
    }
  }
  return paths;
}

}  // namespace claude_auth
