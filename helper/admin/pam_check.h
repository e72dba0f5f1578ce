// Where pam_claude stands in this host's PAM stacks, and whether it can do its work there.
#pragma once

#include <optional>

#include "admin/host_tree.h"
#include "admin/pam_stack.h"
#include "jobs/finding.h"

namespace claude_auth {

/// Every service in whose session stack the module acts, sshd, login and su in any case; and sshd's
/// UsePAM.
[[nodiscard]] Findings check_pam(const HostTree& tree);

/// Whether pam_selinux has anything to do on a host.
enum class Selinux { off, on };

/// What is wrong with, or good about, pam_claude in `service`. Nothing is said of a service that is
/// none of those above and has no such line, or whose sessions the module skips by itself. Pure.
[[nodiscard]] Findings judge_stack(const std::string& service, const PamStack& stack,
                                   const HostTree& tree, Selinux selinux);

/// Whether sshd at `root` opens PAM sessions: the first UsePAM of sshd_config and what it includes
/// before a Match; nothing where there is no sshd_config.
[[nodiscard]] std::optional<bool> sshd_uses_pam(const std::string& root);

}  // namespace claude_auth
