// System units that make root read a file below a home: a hole that doctor finds.
#pragma once

#include <string>
#include <vector>

namespace claude_auth {

/// The unit files and drop-ins below `root` with an EnvironmentFile= below a home: below /home, by
/// %h, of claude-auth-sync, or below one of `homes`. PID 1 reads it as root: a symbolic link there
/// makes it read any KEY=VALUE file of the machine. Enabled units are looked at once. Not among
/// them is what systemd does not read either: a file that one of equal name in an earlier place
/// hides, and what a later drop-in of the same unit forgets by an EnvironmentFile= with nothing
/// behind it.
[[nodiscard]] std::vector<std::string> units_that_read_homes(const std::string& root,
                                                             const std::vector<std::string>& homes);

/// What a doctor says about such a unit.
[[nodiscard]] std::string home_reader_remedy(const std::string& unit);

}  // namespace claude_auth
