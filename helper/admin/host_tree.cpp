#include "admin/host_tree.h"

namespace claude_auth {

HostTree this_host_tree() {
  return {.root = {},
          .owner = 0,
          .security_dir = CLAUDE_AUTH_SECURITYDIR,
          .unit_dir = CLAUDE_AUTH_UNITDIR,
          .helper = CLAUDE_AUTH_HELPER,
          .store = CLAUDE_AUTH_STORE_PROGRAM};
}

}  // namespace claude_auth
