// What a doctor says of one thing that it looked at, the user's and the host's alike.
#pragma once

#include <string>
#include <vector>

#include "base/status_log.h"

namespace claude_auth {

struct Finding {
  Status status;     ///< ok, warn or fail
  std::string text;  ///< what is so and, unless it is ok, the remedy
};

using Findings = std::vector<Finding>;

/// One line on standard output, printable whatever the text holds.
void print(const Finding& finding);

}  // namespace claude_auth
