// Root's way down to a user. Shared with the PAM module, so it needs nothing but libc.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace claude_auth {

/// What `become_user` could not do.
enum class BecomeFailure { none, groups, gid, uid, root_not_dropped };

/// Changes the calling process to this user, for good, and checks that: real, effective and saved
/// ids, supplementary groups, no capability. Needs root. Async-signal-safe, for use between fork
/// and exec; errno is that of the call.
[[nodiscard]] BecomeFailure become_user(uid_t uid, gid_t gid, const gid_t* groups,
                                        std::size_t group_count);

}  // namespace claude_auth
