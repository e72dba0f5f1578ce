// What the fuzz targets share: their entry, and what must hold of whatever an input is taken for.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace claude_auth::fuzz {

/// One input. Each NAME_fuzz.cpp defines it.
void take(std::string_view input);

/// A finding, unless `holds`.
inline void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

inline bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// What is logged or shown: something, on one line, that does nothing to a terminal.
inline void require_sentence(std::string_view text) {
  require(!text.empty() && is_printable(text), "a sentence is one line of printable ASCII");
}

/// An input that stands for `count` files or streams, parted by lines of "====". What is missing is
/// empty.
inline std::vector<std::string> pieces(std::string_view input, std::size_t count) {
  constexpr std::string_view kParting = "\n====\n";
  std::vector<std::string> all;
  while (all.size() + 1 < count) {
    const std::size_t end = input.find(kParting);
    all.emplace_back(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + kParting.size());
  }
  all.emplace_back(input);
  return all;
}

}  // namespace claude_auth::fuzz
