// A running process that is made to carry out system calls which are not its own, by ptrace(2):
// what somebody could do who had taken it over.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace claude_auth::testing {

/// Needs root, an x86-64 processor, and a process of one thread that waits in a system call. It
/// goes on as if nothing had happened once this object is gone.
class Captive {
 public:
  /// Ends the test program where `pid` cannot be taken.
  explicit Captive(pid_t pid);
  ~Captive();
  Captive(const Captive&) = delete;
  Captive& operator=(const Captive&) = delete;

  /// What the call returns: at least 0, or the negative errno. `number` is SYS_….
  long call(long number, std::initializer_list<std::uint64_t> arguments);

  /// Where `bytes`, ended by a NUL, are in its memory from now on.
  std::uint64_t put(std::string_view bytes);

 private:
  pid_t pid_;
  user_regs_struct before_{};
  std::uint64_t memory_ = 0;
  std::size_t used_ = 0;
};

}  // namespace claude_auth::testing
