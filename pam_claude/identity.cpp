// Looks up the groups in the host, for the change of user in the child.
#include "pam_claude/identity.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <unistd.h>

#include <utility>

namespace claude_auth {

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

// In the host and so outside the deadline: its threads may hold the locks of the name service,
// which a fork would hold for good. The host asks the same of the same service.
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
  return become_user(uid_, gid_, groups_.get(), static_cast<std::size_t>(group_count_));
}

}  // namespace claude_auth
