// Where everything of one user lies (docs: "Paths and names").
#pragma once

#include <sys/types.h>

#include <expected>
#include <functional>
#include <optional>
#include <string>

namespace claude_auth {

/// The user that this process is and works for.
struct UserId {
  uid_t uid = 0;
  std::string name;
  std::string home;
};

/// Absolute paths. Nothing here says that a file exists.
struct Paths {
  std::string claude_dir;    ///< ~/.claude, or CLAUDE_CONFIG_DIR
  std::string credentials;   ///< <claude_dir>/.credentials.json
  std::string claude_json;   ///< ~/.claude.json; with CLAUDE_CONFIG_DIR: <claude_dir>/.claude.json
  std::string config_dir;    ///< ~/.config/claude-auth-sync
  std::string vault_token;   ///< <config_dir>/vault-token
  std::string token_env;     ///< <config_dir>/claude-oauth.env
  std::string state_dir;     ///< ~/.local/state/claude-auth-sync
  std::string state;         ///< <state_dir>/state.json
  std::string last_status;   ///< <state_dir>/last-status.json: what the last jobs came to
  std::string log;           ///< <state_dir>/sync.log
  std::string paused;        ///< <state_dir>/paused: there while `pause` is in force
  std::string lock;          ///< <state_dir>/lock: one sync at a time
  std::string login_lock;    ///< <state_dir>/login.lock
  std::string change_lock;   ///< <state_dir>/change.lock
  std::string client_locks;  ///< <state_dir>/client-locks.json: whose Claude locks are ours
  std::string local_store;   ///< ~/.local/share/claude-auth-sync/store
};

/// How an environment variable is looked up: the value, or nothing where it is not set.
using Lookup = std::function<std::optional<std::string>(const char* name)>;

/// getenv(3) as a Lookup; and the Lookup that knows nothing, for PAM.
[[nodiscard]] Lookup process_environment();
[[nodiscard]] Lookup no_environment();

/// The paths of `user`, with the overrides that DESIGN allows outside PAM: CLAUDE_CONFIG_DIR,
/// CLAUDE_CREDENTIALS_FILE, CLAUDE_AUTH_CONFIG_DIR, CLAUDE_AUTH_VAULT_TOKEN_FILE,
/// CLAUDE_AUTH_STATE_DIR, CLAUDE_AUTH_TOKEN_ENV_FILE. An override that is no absolute path is an
/// error: one sentence that names it.
[[nodiscard]] std::expected<Paths, std::string> paths_for(const UserId& user,
                                                          const Lookup& environment);

}  // namespace claude_auth
