// The change of user by bare system calls.
#include "base/become_user.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace claude_auth {
namespace {

// libc's functions of these names act on all threads of a process. In a child forked from one of
// many threads they would wait for threads that are not there.
#ifdef SYS_setresuid32
constexpr long kSetGroups = SYS_setgroups32;
constexpr long kSetResGid = SYS_setresgid32;
constexpr long kSetResUid = SYS_setresuid32;
#else
constexpr long kSetGroups = SYS_setgroups;
constexpr long kSetResGid = SYS_setresgid;
constexpr long kSetResUid = SYS_setresuid;
#endif

constexpr long kUnchanged = -1;

bool can_regain_root(uid_t uid, gid_t gid) {
  if (gid != 0 && ::syscall(kSetResGid, kUnchanged, 0L, kUnchanged) == 0) return true;
  return uid != 0 && ::syscall(kSetResUid, kUnchanged, 0L, kUnchanged) == 0;
}

}  // namespace

BecomeFailure become_user(uid_t uid, gid_t gid, const gid_t* groups, std::size_t group_count) {
  ::prctl(PR_SET_KEEPCAPS, 0L, 0L, 0L, 0L);
  const long new_uid = static_cast<long>(uid);
  const long new_gid = static_cast<long>(gid);
  if (::syscall(kSetGroups, static_cast<long>(group_count), groups) != 0) {
    return BecomeFailure::groups;
  }
  if (::syscall(kSetResGid, new_gid, new_gid, new_gid) != 0) return BecomeFailure::gid;
  if (::syscall(kSetResUid, new_uid, new_uid, new_uid) != 0) return BecomeFailure::uid;
  if (can_regain_root(uid, gid)) {
    errno = EPERM;
    return BecomeFailure::root_not_dropped;
  }
  return BecomeFailure::none;
}

}  // namespace claude_auth
