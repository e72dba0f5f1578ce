// The system call fence of claude-auth-store: hands the kernel what call_rules.cpp made.
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <vector>

#include "vault/call_fence.h"

namespace claude_auth::sandbox {

Fence restrict_calls(LocalSockets local) {
  const auto made = call_fence(local);
  std::vector<sock_filter> steps(made.begin(), made.end());
  for (sock_filter& step : steps) {
    if (step.k == kOwnPid) step.k = static_cast<std::uint32_t>(::getpid());
  }
  const sock_fprog program{static_cast<unsigned short>(steps.size()), steps.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? Fence::up : Fence::refused;
}

}  // namespace claude_auth::sandbox
