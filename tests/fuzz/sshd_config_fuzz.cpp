// admin/sshd_config: whether sshd opens PAM sessions, by its configuration and what that includes.
#include <optional>

#include "admin/host_root.h"
#include "admin/pam_check.h"
#include "fuzz/fuzz.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  // Outside of the tree are the files of this machine.
  if (input.contains("..")) return;
  testing::HostRoot host;
  const auto files = pieces(input, 2);
  host.put("/etc/ssh/sshd_config", files[0]);
  host.put("/etc/ssh/sshd_config.d/more.conf", files[1]);

  require(sshd_uses_pam(host.path()).has_value(), "a host with a configuration has an sshd");
  host.put("/etc/ssh/sshd_config", "UsePAM yes\n" + files[0]);
  require(sshd_uses_pam(host.path()) == true, "the first UsePAM counts");
  host.put("/etc/ssh/sshd_config", "UsePAM no\n" + files[0]);
  require(sshd_uses_pam(host.path()) == false, "the first UsePAM counts, whatever it says");
}

}  // namespace claude_auth
