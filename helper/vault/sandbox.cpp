#include "vault/sandbox.h"

#include <sys/prctl.h>

namespace claude_auth {
namespace {

/// What libcurl, OpenSSL and the C library's name service read: their libraries and modules,
/// /etc (resolv.conf, hosts, nsswitch.conf, ssl), and the files behind /etc/resolv.conf.
std::vector<std::string> readable_paths(const VaultSettings& settings) {
  std::vector<std::string> paths{"/etc",
                                 "/usr",
                                 "/lib",
                                 "/lib64",
                                 "/run/systemd/resolve",
                                 "/run/resolvconf",
                                 "/run/NetworkManager",
                                 "/var/lib/ca-certificates",
                                 "/dev/urandom"};
  for (const std::string& configured :
       {settings.ca_cert, settings.ca_path, settings.client_cert, settings.client_key}) {
    if (!configured.empty()) paths.push_back(configured);
  }
  return paths;
}

}  // namespace

std::string enter_sandbox(const VaultSettings& settings) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return "claude-auth-store runs without its sandbox: no_new_privs was refused";
  }
  const auto files = sandbox::restrict_files(readable_paths(settings));
  const auto calls = sandbox::restrict_calls(settings.address.starts_with("unix:")
                                                 ? sandbox::LocalSockets::allowed
                                                 : sandbox::LocalSockets::refused);
  if (calls != sandbox::Fence::up) {
    return "claude-auth-store runs without its system call filter: seccomp was refused";
  }
  if (files == sandbox::Fence::refused) {
    return "claude-auth-store runs without its file fence: Landlock was refused";
  }
  return {};
}

}  // namespace claude_auth
