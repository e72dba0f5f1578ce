// The process between host and helper. It is cloned without an exit signal and never execs, so
// nothing the host does with SIGCHLD can lose it, and it has a SIGCHLD of its own for the helper.
#pragma once

#include "base/unique_fd.h"
#include "pam_claude/identity.h"
#include "pam_claude/invocation.h"
#include "pam_claude/monotonic.h"

namespace claude_auth {

/// What a report is about: the last thing that was done.
enum class Step {
  descriptors,  ///< the standard descriptors could not be set up
  fork,
  session,  ///< setsid, working directory or limits
  groups,
  gid,
  uid,
  root_not_dropped,
  no_new_privileges,
  exec,
  exited,  ///< the helper ran and ended; `value` is its exit status
  killed,  ///< the helper ran; `value` is the signal that ended it
  lost,    ///< the helper ran, its end could not be seen
};

/// One message to the host. Up to and including `exec` the helper never ran and `value` is errno.
struct Report {
  Step step;
  int value;
};

/// The sentence for a step that failed.
[[nodiscard]] const char* sentence(Step step);

/// Signals the helper's session has to end from TERM to KILL, and from KILL to be reaped. A
/// process in an uninterruptible sleep outlasts both and is left to init.
inline constexpr MonoTime kTermGrace = std::chrono::milliseconds(100);
inline constexpr MonoTime kKillGrace = std::chrono::milliseconds(100);

/// What the supervisor is given. Descriptors are the supervisor's own copies.
struct Assignment {
  const Identity& identity;
  const Invocation& invocation;
  int output;     ///< write end, the helper's standard output
  int control;    ///< SOCK_SEQPACKET: reports go out; its end of file means "stop the helper"
  MonoTime last;  ///< when to stop the helper even if the host says nothing
};

/// The life of the supervisor: starts the helper, waits for its end or for the order to stop it,
/// kills what is left of its process group, reports, exits. To be entered with every signal
/// blocked. Only async-signal-safe calls.
[[noreturn]] void supervise(const Assignment& assignment);

}  // namespace claude_auth
