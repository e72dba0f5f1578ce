// Cases that only root can run.
#pragma once

#include <unistd.h>

#include "cmocka_cpp.h"

namespace claude_auth::test {

/// Ends the case as skipped, and says why, where this is not root.
inline void needs_root() {
  if (::geteuid() == 0) return;
  print_message("SKIP: needs root\n");
  skip();
}

}  // namespace claude_auth::test
