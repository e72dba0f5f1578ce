// Runs the helper as the user and listens to it, no longer than the deadlines allow, leaving the
// host's signals, descriptors, umask and directory as they were.
#pragma once

#include <chrono>
#include <expected>

#include "pam_claude/identity.h"
#include "pam_claude/invocation.h"
#include "pam_claude/login_reply.h"

namespace claude_auth {

/// How long the host waits, from the call on.
struct Patience {
  std::chrono::milliseconds first;  ///< until the helper asks for longer
  std::chrono::milliseconds total;  ///< in all, once it did
};

/// How a helper that ran came to its end.
struct Ending {
  enum class How {
    exited,    ///< `value` is the exit status
    killed,    ///< `value` is the signal
    deadline,  ///< stopped by us
    lost,      ///< somebody took the supervisor away, or a tracer holds the helper
  };
  How how;
  int value = 0;
};

/// Why the helper never ran: a sentence to follow "helper ", and errno.
struct StartFailure {
  const char* what;
  int error;
};

/// Runs `invocation` as `identity`; what it says goes to `reply`. Returns when the helper has
/// ended or its deadline has passed (plus what stopping it takes: kTermGrace and kKillGrace of
/// supervisor.h at most), whatever its children hold open. Nothing of its process group is left.
[[nodiscard]] std::expected<Ending, StartFailure> run_helper(const Identity& identity,
                                                             const Invocation& invocation,
                                                             const Patience& patience,
                                                             LoginReply& reply);

}  // namespace claude_auth
