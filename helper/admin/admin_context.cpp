#include "admin/admin_context.h"

#include <unistd.h>

#include <utility>

#include "base/secure_file.h"
#include "jobs/vault_environment.h"
#include "store/token_facts.h"

namespace claude_auth {
namespace {

using AdminToken = std::expected<std::optional<Secret>, std::string>;

/// The token in `text`, which is wiped. `source` is what an error calls it.
AdminToken token_in(std::string& text, const std::string& source) {
  const auto usable = usable_token(text);
  std::optional<Secret> token;
  if (usable) token = Secret::copy_of(*usable);
  wipe(text);
  if (!token) return std::unexpected(source + " holds no Vault token: log in to Vault anew");
  return token;
}

/// As the Vault command line finds its own: an empty variable counts as none.
AdminToken find_admin_token(const Lookup& environment) {
  if (auto value = environment("VAULT_TOKEN"); value && !value->empty()) {
    return token_in(*value, "VAULT_TOKEN");
  }
  const auto home = environment("HOME");
  if (!home || !home->starts_with('/')) return std::nullopt;
  const std::string path = *home + "/.vault-token";
  auto text = read_small_file(
      path, {.owner = ::geteuid(), .forbidden_bits = 0077, .max_bytes = kMaxTokenBytes + 2});
  if (text) return token_in(*text, path);
  if (text.error().kind == FileErrorKind::absent) return std::nullopt;
  return std::unexpected(text.error().sentence());
}

}  // namespace

std::expected<AdminContext, std::string> make_admin_context(const ConfigDirs& dirs,
                                                            const Lookup& environment,
                                                            const Clock& clock, Host& host) {
  auto config = load_config(dirs);
  if (!config) return std::unexpected(config.error());
  if (const auto problem = apply_vault_environment(config->vault, environment)) {
    return std::unexpected(*problem);
  }
  auto token = find_admin_token(environment);
  if (!token) return std::unexpected(token.error());
  return AdminContext{.config = std::move(*config),
                      .token = std::move(*token),
                      .records_dir = CLAUDE_AUTH_RECORDS_DIR,
                      .clock = clock,
                      .host = host,
                      .is_root = ::geteuid() == 0};
}

}  // namespace claude_auth
