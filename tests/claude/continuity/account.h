// What 500 rotations of one cause came to, under one keeper.
#pragma once

#include <string>
#include <vector>

#include "causes.h"

namespace claude_auth::testing {

struct Account {
  int incidents = 0;
  int log_outs = 0;  ///< ended by a person, as nothing else helped
  int silent = 0;    ///< of these: nobody was told
  std::vector<Millis> healed;
  std::vector<Millis> told;
};

/// `directory`: is made; nobody else's.
[[nodiscard]] Account simulate(const Cause& cause, MakeKeeper make_keeper,
                               const std::string& directory);

/// The time that `percent` of `times` do not exceed. 0 where there is none.
[[nodiscard]] Millis percentile(std::vector<Millis> times, std::size_t percent);

/// One line.
[[nodiscard]] std::string in_words(const Account& account);

}  // namespace claude_auth::testing
