// Runs a program of ours under ptrace(2) and harms one of its system calls, or counts them all. The
// programs of ours that it starts are followed as well; any other one is let go.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/clock.h"

namespace claude_auth::testing {

/// A system call that is about to be carried out.
struct SystemCall {
  long number;
  std::array<std::uint64_t, 6> arguments;

  [[nodiscard]] std::string name() const;
  /// Does it write, make, name, remove or flush something? Open only where it makes a file.
  [[nodiscard]] bool changes_something() const;
  /// Is it a write of which the first half can be carried out?
  [[nodiscard]] bool can_be_shortened() const;
  /// Is it a poll(2) that does not return at once, come what may?
  [[nodiscard]] bool waits() const;
};

enum class Harm {
  kill,     ///< its process gets KILL, and the call is not carried out
  fail,     ///< it is not carried out and fails
  shorten,  ///< half of the bytes are written
};

struct SystemCallFault {
  Harm harm = Harm::kill;
  /// Which of the calls that can be harmed so: all for `kill`, those that change something for
  /// `fail`, writes of two bytes and more for `shorten`. The first one is 0.
  std::size_t at = 0;
  int error = 0;  ///< errno, for `fail`
};

struct TracedRun {
  std::vector<SystemCall> calls;  ///< until the fault
  std::optional<SystemCall> harmed;
  int wait_status = 0;
  bool timed_out = false;
};

/// Told whenever the program, with nothing else to do, is about to wait.
using BeforeWaiting = std::function<void(pid_t program)>;

/// Runs `program` and all that it starts to the end, for `limit` at most (it is killed then). Its
/// output goes to /dev/null.
/// Counted is what comes after the first call of main, prctl(PR_SET_DUMPABLE): what the dynamic
/// loader does before it touches nothing of the user's. A child counts from its fork on, its loader
/// excepted. Ends this process with a message where the machine does not let it trace.
[[nodiscard]] TracedRun run_traced(const Command& program,
                                   const std::optional<SystemCallFault>& fault,
                                   const BeforeWaiting& before_waiting, Millis limit);

}  // namespace claude_auth::testing
