// What a process that is stopped at a system call is about to wait for, or to write and where to.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace claude_auth::testing {

struct StoppedCall {
  pid_t pid;  ///< the thread's
  long number;
  std::array<std::uint64_t, 6> arguments;
};

/// "network", "child", "event", "other program", "pipe", "input", "signal", "disk", "lock",
/// "thread", "time"; nothing where the call does not wait.
[[nodiscard]] std::optional<std::string> waits_for(const StoppedCall& call);

/// Whose thread it is.
[[nodiscard]] pid_t process_of(pid_t thread);

struct Output {
  std::string target;  ///< "network", "other program", "pipe", "syslog", "stdout", … or a path
  std::string bytes;
};

/// Nothing where the call does not write.
[[nodiscard]] std::optional<Output> written_by(const StoppedCall& call);

}  // namespace claude_auth::testing
