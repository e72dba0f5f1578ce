// The admin's configuration: /etc/claude-auth-sync.conf, its drop-ins, and the vendor's defaults.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"

namespace claude_auth {

enum class StoreKind { local, vault };

/// How to reach Vault and what this user's document is called there. Section [vault].
struct VaultSettings {
  std::string address;          ///< https://host:port, http://127.0.0.1:port, unix:///path
  std::string ca_cert;          ///< file; empty: the system's
  std::string ca_path;          ///< directory
  std::string client_cert;      ///< file; goes with client_key
  std::string client_key;       ///< file
  std::string tls_server_name;  ///< empty: the address's host
  std::string name_space;       ///< key `namespace`; X-Vault-Namespace
  std::string proxy_address;    ///< key `proxy`; empty: no proxy, whatever the environment says
  std::string mount = "secret";
  std::string path = "workstation/claude-users/%u";
  std::string token_display_name = "token-devvm-claude-auth-%u";
  std::string token_policy = "workstation-claude-%u";
  std::string token_role;                   ///< of claude-auth-admin: mint through it; empty: none
  std::vector<std::string> redirect_hosts;  ///< host or host:port that one redirect may go to
  Millis request_timeout{10'000};           ///< key in ms; one request, outside login
  int max_retries = 2;                      ///< outside login, as VAULT_MAX_RETRIES
};

/// Everything the admin may set; each member is the key of the same name, in the unit of its
/// default. %u in `path`, `token_*` is replaced by the user's name on use, not here.
struct Config {
  StoreKind store = StoreKind::local;
  std::string host_name;  ///< by default the nodename; whose login this is
  bool shared_login = false;
  std::string login_command = "claude auth login --claudeai --sso";
  std::string claude_path;                ///< empty: ~/.local/bin, then PATH
  std::chrono::seconds retry_after{300};  ///< logins skip the store this long after a failure
  std::chrono::seconds fresh_for{3600};   ///< logins skip the store this long after a success
  VaultSettings vault;
  /// Keys that mean nothing to us, as "section.key" or "key": for one WARN line.
  std::vector<std::string> unknown_keys;
};

/// Where to look; tests give directories of their own.
struct ConfigDirs {
  std::string vendor;       ///< CLAUDE_AUTH_VENDORDIR
  std::string admin;        ///< CLAUDE_AUTH_SYSCONFDIR
  std::uint32_t owner = 0;  ///< who must own every file
};

[[nodiscard]] ConfigDirs system_config_dirs();

/// Reads and checks the configuration. No file at all is the default (`store = local`). A file
/// that is not `owner`'s or is writable by others, cannot be read or parsed, lacks `store`, or
/// holds a wrong value is an error: one sentence that names the file or key and the remedy. There
/// is no half-taken configuration.
[[nodiscard]] std::expected<Config, std::string> load_config(const ConfigDirs& dirs);

/// `pattern` with every %u replaced by `user` and %% by %.
[[nodiscard]] std::string expand_user(const std::string& pattern, const std::string& user);

}  // namespace claude_auth
