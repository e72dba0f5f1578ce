// What claude-auth-store takes from itself before the network's first byte is parsed.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace claude_auth {

/// Enters the sandbox for good: no new privileges; reads only what TLS and name resolution need
/// and the files that `settings` names (Landlock, passed over where the kernel has none); no
/// program is executed, no process made, no other process touched, no file opened for writing,
/// made, removed or changed, nothing listened on, and no local socket reached unless the server is
/// behind one: behind others are the user's agents and service manager (seccomp). Threads and
/// outgoing connections remain. To be called while the process has one thread.
///
/// Returns an empty string, or the sentence that says what could not be had: a login that works
/// without its second fence is better than none, so the caller goes on, and says so.
[[nodiscard]] std::string enter_sandbox(const VaultSettings& settings);

/// The two fences of `enter_sandbox`. PR_SET_NO_NEW_PRIVS must be set before.
namespace sandbox {

enum class Fence {
  up,
  unsupported,  ///< the kernel does not know it
  refused,      ///< the kernel knows it and refused
};

/// Landlock: below the readable paths this process may read, and nothing else in any file system.
/// Paths that do not exist are passed over.
[[nodiscard]] Fence restrict_files(const std::vector<std::string>& readable);

enum class LocalSockets { refused, allowed };

/// seccomp: the calls that nothing here needs fail with EPERM (clone3 with ENOSYS, as the C
/// library then asks clone, whose flags can be seen).
[[nodiscard]] Fence restrict_calls(LocalSockets local);

}  // namespace sandbox
}  // namespace claude_auth
