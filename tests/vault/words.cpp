#include "words.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

namespace claude_auth::testing {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::int64_t duration(const json_t* body, const char* key) {
  if (const auto seconds = integer_member(body, key)) return *seconds;
  const std::string text(string_member(body, key).value_or("0"));
  const std::int64_t number = std::strtoll(text.c_str(), nullptr, 10);
  if (number == 0) return 0;
  switch (text.back()) {
    case 'd':
      return number * 86400;
    case 'h':
      return number * 3600;
    case 'm':
      return number * 60;
    default:
      return number;
  }
}

std::string duration_text(std::int64_t seconds) {
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

bool flag(const json_t* body, const char* key, bool otherwise) {
  const json_t* const value = json_object_get(body, key);
  return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

std::vector<std::string> names(const json_t* body, const char* key) {
  std::vector<std::string> found = strings_member(body, key).value_or(std::vector<std::string>{});
  std::istringstream list(std::string(string_member(body, key).value_or("")));
  for (std::string name; std::getline(list, name, ',');) found.push_back(name);
  for (std::string& name : found) name = lower(name);
  return found;
}

}  // namespace claude_auth::testing
