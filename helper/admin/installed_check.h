// What an installation put onto this host: the module, the programs and the units.
#pragma once

#include "admin/host_tree.h"
#include "jobs/finding.h"

namespace claude_auth {

/// The module and both programs are there, and only root can change them or put others in their
/// place.
[[nodiscard]] Findings check_installed(const HostTree& tree);

/// The units, as systemd would take them, are there, not masked, and start programs that are there;
/// and which of the host's own timers are enabled.
[[nodiscard]] Findings check_units(const HostTree& tree);

/// Where SELinux is enforced: whether module and programs have the labels that login programs and
/// users may load and run. Nothing elsewhere.
[[nodiscard]] Findings check_selinux(const HostTree& tree);

/// Whether this host's kernel runs SELinux, enforced or not.
[[nodiscard]] bool has_selinux(const HostTree& tree);

}  // namespace claude_auth
