// What systemd unit files assign, by systemd.syntax(7). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace claude_auth {

/// The values of `key` in [`section`] of a unit file or drop-in, in order, without blanks around
/// them. An empty one is kept: for a list it forgets all values before it.
[[nodiscard]] std::vector<std::string> values_in_unit(std::string_view text,
                                                      std::string_view section,
                                                      std::string_view key);

}  // namespace claude_auth
