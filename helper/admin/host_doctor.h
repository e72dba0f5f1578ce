// `claude-auth-admin doctor`: everything that the Claude logins of this host depend on, each with
// its remedy. A user's own half is jobs/doctor.h.
#pragma once

#include <expected>
#include <string>

#include "admin/admin_context.h"
#include "admin/host_tree.h"

namespace claude_auth {

struct HostDoctorOptions {
  std::string roster;
  std::string token_role;  ///< look at this one; empty: at the configuration's, where it has one
  HostTree tree = this_host_tree();
};

/// Prints one line per check, OK, WARN or FAIL with the remedy, to standard output; changes
/// nothing. A `context` that could not be made is one of the failures: what needs none is looked at
/// all the same. Returns 1 where one is FAIL.
[[nodiscard]] int host_doctor(const std::expected<AdminContext, std::string>& context,
                              const HostDoctorOptions& options);

}  // namespace claude_auth
