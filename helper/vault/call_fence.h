// The system call fence as the kernel takes it: programs that call_rules.cpp made of its rules when
// this was built.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>

#include "vault/sandbox.h"

namespace claude_auth::sandbox {

/// Stands in the programs where the number of the process that they are for belongs. None has it:
/// proc(5), pid_max.
inline constexpr std::uint32_t kOwnPid = 0x7FFFFFFF;

[[nodiscard]] std::span<const sock_filter> call_fence(LocalSockets local);

}  // namespace claude_auth::sandbox
