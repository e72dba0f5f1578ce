// Root's way down to the user, by bare system calls.
#include "pam_claude/identity.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

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

std::expected<Identity, int> Identity::of(const passwd& account) {
  Identity identity(account.pw_uid, account.pw_gid);
  if (::geteuid() != 0) {
    if (::geteuid() != account.pw_uid || ::getuid() != account.pw_uid) {
      return std::unexpected(EPERM);
    }
    return identity;
  }
  identity.change_ = true;
  if (const int error = identity.read_groups(account.pw_name)) return std::unexpected(error);
  return identity;
}

int Identity::read_groups(const char* user) {
  int capacity = 64;
  // The list may grow between two calls, so the needed size is asked for more than once.
  for (int tries = 0; tries < 4; ++tries) {
    groups_.reset(
        static_cast<gid_t*>(std::calloc(static_cast<std::size_t>(capacity), sizeof(gid_t))));
    if (!groups_) return ENOMEM;
    int count = capacity;
    if (::getgrouplist(user, gid_, groups_.get(), &count) >= 0) {
      group_count_ = count;
      return 0;
    }
    if (count > NGROUPS_MAX) return E2BIG;
    capacity = count > capacity ? count : capacity * 2;
  }
  return E2BIG;
}

Identity::Failure Identity::assume() const {
  if (!change_) return Failure::none;
  ::prctl(PR_SET_KEEPCAPS, 0L, 0L, 0L, 0L);
  const long uid = static_cast<long>(uid_);
  const long gid = static_cast<long>(gid_);
  if (::syscall(kSetGroups, static_cast<long>(group_count_), groups_.get()) != 0) {
    return Failure::groups;
  }
  if (::syscall(kSetResGid, gid, gid, gid) != 0) return Failure::gid;
  if (::syscall(kSetResUid, uid, uid, uid) != 0) return Failure::uid;
  if (can_regain_root(uid_, gid_)) {
    errno = EPERM;
    return Failure::root_not_dropped;
  }
  return Failure::none;
}

}  // namespace claude_auth
