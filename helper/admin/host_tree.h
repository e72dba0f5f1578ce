// Where doctor looks on a host; tests give trees of their own.
#pragma once

#include <sys/types.h>

#include <string>

namespace claude_auth {

struct HostTree {
  std::string root;          ///< stands before every path; empty on a host itself
  uid_t owner = 0;           ///< who has to own what root runs
  std::string security_dir;  ///< of PAM modules
  std::string unit_dir;      ///< of the vendor's system units
  std::string helper;        ///< claude-auth-sync
  std::string store;         ///< claude-auth-store
};

/// This host, by the paths that were compiled in.
[[nodiscard]] HostTree this_host_tree();

}  // namespace claude_auth
