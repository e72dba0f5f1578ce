// The conformance cases against a real server, where there is one.
#include <sodium.h>

#include <cstdio>

#include "conformance.h"
#include "real_server.h"

int main() {
  using namespace claude_auth::testing;
  const auto program = find_server_program();
  if (!program) {
    std::puts("SKIP: no bao or vault server: neither VAULT_BIN nor PATH has one");
    return 77;
  }
  if (sodium_init() < 0) return 1;
  const RealServer server(*program);
  return run_conformance({server.address(), server.root_token(), ""}, *program);
}
