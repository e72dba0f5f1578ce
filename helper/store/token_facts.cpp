#include "store/token_facts.h"

#include <algorithm>

namespace claude_auth {

std::optional<std::string_view> usable_token(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > kMaxTokenBytes || !plain) return std::nullopt;
  return text;
}

}  // namespace claude_auth
