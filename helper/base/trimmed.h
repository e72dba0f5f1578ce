// What a line or a program's output says, without the blanks around it.
#pragma once

#include <string_view>

namespace claude_auth {

/// `text` without the spaces, tabs and line ends at its beginning and end; borrowed from it.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace claude_auth
