// What a terminal can show.
#pragma once

#include <cstddef>

#include "base/paths.h"

namespace claude_auth {

/// Where no terminal is, or it does not tell, 80 columns and 24 lines without colour.
struct Terminal {
  bool there = false;
  std::size_t width = 80;
  std::size_t height = 24;
  bool colour = false;  ///< not with NO_COLOR in the environment, nor with TERM=dumb
};

[[nodiscard]] Terminal terminal_at(int fd, const Lookup& environment);

}  // namespace claude_auth
