// `login`: what pam_claude.so starts at session open, as the user, before the first prompt.
#pragma once

#include "base/clock.h"
#include "jobs/context.h"
#include "jobs/reply_writer.h"

namespace claude_auth {

/// How long pam_claude.so waits, counted from the start of this process.
struct LoginDeadlines {
  Millis refresh{700};  ///< while something usable is here
  Millis total{5000};   ///< when nothing is
};

/// Runs one login (DESIGN, "login"). Returns the exit status: 0, or 1 after a FAIL line.
[[nodiscard]] int login(Context& context, LoginDeadlines deadlines, ReplyWriter& reply);

}  // namespace claude_auth
