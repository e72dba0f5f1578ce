// The files of the configuration: which are there, whether they can be trusted, and their keys.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <utility>

#include "base/config.h"

namespace claude_auth {

/// Values by section ("" before any) and key. No value holds a line break.
using ConfigValues = std::map<std::pair<std::string, std::string>, std::string>;

/// What one set of directories says: `any_file` tells no configuration from an empty one.
struct ConfigFiles {
  bool any_file = false;
  ConfigValues values;
};

/// Reads <admin>/claude-auth-sync.conf, or <vendor>/claude-auth-sync.conf where the admin has none,
/// then the vendor's drop-ins that have no namesake of the admin's, then the admin's, each by name;
/// of one key the last one counts, as libeconf merges them. Everything that
/// is there has to be readable, regular, no symbolic link, `owner`'s and not writable by others,
/// and well-formed: libeconf passes over much of what is not. An error is one sentence.
[[nodiscard]] std::expected<ConfigFiles, std::string> read_config_files(const ConfigDirs& dirs);

}  // namespace claude_auth
