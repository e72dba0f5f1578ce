#include "admin/user_name.h"

#include <algorithm>

namespace claude_auth {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

bool may_follow(char c) {
  return is_word(c) || c == '.' || c == '-' || c == '@';
}

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxUserName && is_word(name.front()) &&
         std::ranges::all_of(name, may_follow) && !std::ranges::all_of(name, is_digit);
}

}  // namespace claude_auth
