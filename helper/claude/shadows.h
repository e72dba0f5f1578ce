// What would answer in the login's place: settings of Claude and of the environment that outrank
// it. Facts: docs/claude-client.md.
#pragma once

#include <string>
#include <vector>

#include "base/paths.h"

namespace claude_auth {

/// Something that outranks or shadows the login, and what to do about it.
struct Shadow {
  std::string what;
  std::string remedy;
};

/// Whether a setup token is what the user's sessions have.
enum class LoginMode { oauth, setup_token };

/// Where the machine's own settings of Claude lie.
inline constexpr char kManagedSettings[] = "/etc/claude-code/managed-settings.json";

/// Looks at the environment, at Claude's settings files, `.claude.json`, ~/.config/anthropic and
/// `managed_settings`. Reads only; a file that cannot be read or parsed says nothing.
[[nodiscard]] std::vector<Shadow> find_shadows(const UserId& user, const Paths& paths,
                                               const Lookup& environment, LoginMode mode,
                                               const std::string& managed_settings);

}  // namespace claude_auth
