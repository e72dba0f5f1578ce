// Processes by pidfd: cloned, watched, signalled and reaped without SIGCHLD. Thin wrappers over
// system calls; each is async-signal-safe.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>

#include "base/unique_fd.h"
#include "pam_claude/monotonic.h"

namespace claude_auth {

/// What clone_process returned. In the new process `pid` is 0 and there is no pidfd.
struct Clone {
  pid_t pid = 0;
  UniqueFd pidfd{};
};

/// What the parent hears when a cloned process ends.
enum class ExitSignal {
  none,   ///< nothing: SIGCHLD's disposition and wait(2) of others do not touch it, until it execs
  child,  ///< SIGCHLD, as after fork(2)
};

/// fork(2) by clone(2), with a pidfd (CLOEXEC). No handler of pthread_atfork runs, and of the
/// threads only the calling one lives on in the new process, where only async-signal-safe calls
/// are allowed. Returns errno on failure.
[[nodiscard]] std::expected<Clone, int> clone_process(ExitSignal exit_signal);

/// Sends `signal` to the process behind `pidfd`. One that has ended is left alone.
void send_signal(int pidfd, int signal);

/// Waits until the process behind `pidfd` has ended. False once `until` has passed.
[[nodiscard]] bool wait_for_end(int pidfd, MonoTime until);

/// How a process ended.
struct End {
  bool killed;  ///< by a signal, then `value` is its number; else `value` is the exit status
  int value;
};

/// Reaps an ended process. Nothing where its end cannot be had: a tracer holds it, or somebody
/// else has reaped it.
[[nodiscard]] std::optional<End> reap(int pidfd);

}  // namespace claude_auth
