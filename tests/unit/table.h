// Decision tables: every row by its name, and all rows that are wrong in one go.
#pragma once

#include <cstddef>

#include "cmocka_cpp.h"

namespace claude_auth::test {

/// What a table promises for one situation.
template <typename Situation, typename Outcome>
struct Row {
  const char* name;
  Situation situation;
  Outcome outcome;
};

/// Fails where `decide` gives another outcome than a row says; names each such row.
template <typename Situation, typename Outcome, std::size_t N, typename Decide>
void every_row_holds(const Row<Situation, Outcome> (&rows)[N], Decide decide) {
  std::size_t wrong = 0;
  for (const auto& row : rows) {
    if (decide(row.situation) == row.outcome) continue;
    print_error("wrong: %s\n", row.name);
    ++wrong;
  }
  assert_int_equal(wrong, 0);
}

}  // namespace claude_auth::test
