// Who the helper runs as: computed in the host, assumed in the forked child, never to be undone.
#pragma once

#include <pwd.h>
#include <sys/types.h>

#include <cstdlib>
#include <expected>
#include <memory>

#include "base/become_user.h"

namespace claude_auth {

/// A user's uid, gid and supplementary groups.
class Identity {
 public:
  /// Looks up the groups of `account` (getgrouplist(3), which may ask a directory server). As
  /// root: what `assume` will change to. As anybody else only one's own account is possible, and
  /// nothing will be changed. Returns errno: EPERM for another's account, ENOMEM, E2BIG for more
  /// groups than the kernel takes.
  [[nodiscard]] static std::expected<Identity, int> of(const passwd& account);

  using Failure = BecomeFailure;

  /// Changes the calling process, for good. Async-signal-safe; errno is that of the call.
  [[nodiscard]] Failure assume() const;

 private:
  struct Free {
    void operator()(gid_t* groups) const { std::free(groups); }
  };
  using Groups = std::unique_ptr<gid_t[], Free>;

  Identity(uid_t uid, gid_t gid) : uid_(uid), gid_(gid) {}
  [[nodiscard]] int read_groups(const char* user);

  uid_t uid_;
  gid_t gid_;
  Groups groups_{};
  int group_count_ = 0;
  bool change_ = false;
};

}  // namespace claude_auth
