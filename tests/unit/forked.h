// Code that needs a process of its own: another user, a race, a death.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <concepts>

#include "temporary_directory.h"

namespace claude_auth::test {

/// Runs `body` in a child, which leaves without any destructor of the test's.
inline pid_t start_forked(std::predicate auto body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body() ? 0 : 1);
  return pid;
}

/// Whether that `body` returned true.
inline bool succeeded(pid_t pid) {
  int status = -1;
  return ::waitpid(pid, &status, 0) == pid && status == 0;
}

/// Whether `body` returns true for somebody whom permission bits bind, unlike root.
inline bool holds_without_root(std::predicate auto body) {
  if (::geteuid() != 0) return body();
  return succeeded(
      start_forked([&] { return ::setresuid(kNobody, kNobody, kNobody) == 0 && body(); }));
}

}  // namespace claude_auth::test
