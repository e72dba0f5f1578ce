#include "jobs/unit_file.h"

#include <algorithm>

#include "base/trimmed.h"

namespace claude_auth {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

bool is_comment(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.starts_with('#') || text.starts_with(';');
}

// A backslash at the end joins the next line by a blank; comments between the two are left out.
std::string take_joined_line(std::string_view& text) {
  std::string whole;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (is_comment(line)) continue;
    whole += line;
    if (!whole.ends_with('\\')) break;
    whole.back() = ' ';
  }
  return whole;
}

}  // namespace

std::vector<std::string> values_in_unit(std::string_view text, std::string_view section,
                                        std::string_view key) {
  std::vector<std::string> values;
  bool inside = false;
  while (!text.empty()) {
    const std::string whole = take_joined_line(text);
    const std::string_view line = trimmed(whole);
    const std::size_t equals = line.find('=');
    if (line.starts_with('['))
      inside = line.ends_with(']') && line.substr(1, line.size() - 2) == section;
    else if (inside && equals != std::string_view::npos && trimmed(line.substr(0, equals)) == key)
      values.emplace_back(trimmed(line.substr(equals + 1)));
  }
  return values;
}

}  // namespace claude_auth
