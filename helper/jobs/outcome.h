// How a piece of a job ended: a status word and its reason, before it is logged.
#pragma once

#include <string>

#include "base/status_log.h"

namespace claude_auth {

struct Outcome {
  Status status;
  std::string reason;
};

}  // namespace claude_auth
