// The roster: who of a fleet's users has his Claude login looked after. YAML in, plain values out.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace claude_auth {

/// Where the roster is unless an option says otherwise.
[[nodiscard]] inline std::string default_roster() {
  return system_config_dirs().admin + "/claude-auth-sync.roster.yaml";
}

/// What the roster says about a user's units. Everything else of a user who is not `managed` is
/// left as it is.
enum class Care {
  managed,  ///< `claude_auth: true`
  off,      ///< `claude_auth: false`, or no such key: the roster may be another tool's
  parked,   ///< `parked: true`, whatever else is said
};

struct RosterUser {
  std::string name;   ///< the OS user
  std::string email;  ///< for people; may be empty
  Care care = Care::off;
  int line = 0;  ///< where the roster names the user, from 1
};

/// The faults of a roster, up to a hundred of them, each a sentence that begins with "FILE:LINE: ";
/// or the one sentence on why there is nothing to read.
using RosterFaults = std::vector<std::string>;

/// Reads `users:` of a roster in YAML, in its order: a map keyed by user, or a list of maps with
/// `name:`. Keys that are not ours are ignored, whatever they hold; merge keys (`<<`) are followed.
/// Faults are a key or a user that is there twice, a name that is_user_name refuses, and a value of
/// a wrong type: booleans are those of YAML 1.1 (true, yes, on…), and quoted they are text. `file`
/// is what the sentences call it. At most 4 MiB of UTF-8; an alias costs no more than its name.
[[nodiscard]] std::expected<std::vector<RosterUser>, RosterFaults> parse_roster(
    std::string_view text, const std::string& file);

/// What only shows between users: token display names, policies or Vault paths that would be one
/// and the same (Vault turns every character outside [a-zA-Z0-9-] of a display name into '-', and
/// lower-cases policy names), or a policy that is Vault's own. Pure. Empty where there is no fault.
[[nodiscard]] RosterFaults find_collisions(const std::vector<RosterUser>& users,
                                           const VaultSettings& settings, const std::string& file);

/// Reads the file (owned by root or this process's user, not writable by others) and applies both
/// of the above.
[[nodiscard]] std::expected<std::vector<RosterUser>, RosterFaults> load_roster(
    const std::string& path, const VaultSettings& settings);

}  // namespace claude_auth
