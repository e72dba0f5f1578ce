// Watching processes that are not the test's own children.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace claude_auth::test {

/// Whether process `pid` ends within five seconds, or has ended.
[[nodiscard]] bool ends(pid_t pid);

/// The number that stands in the file or FIFO `path`; waits for the writer of a FIFO.
[[nodiscard]] pid_t pid_in(const std::string& path);

/// Whether this process has a child, a zombie included.
[[nodiscard]] bool has_children();

/// Runs `body` in a forked child. Its pid; the child exits with what `body` returns.
[[nodiscard]] pid_t fork_and(const std::function<int()>& body);

/// Waits for `pid`, a child. Its exit status, or -1 where a signal ended it.
[[nodiscard]] int exit_status_of(pid_t pid);

}  // namespace claude_auth::test
