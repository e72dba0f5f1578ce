// What provision and deprovision promise, against the double, over TLS.
#include <sodium.h>

#include "double_server.h"
#include "provision_cases.h"
#include "scratch_directory.h"

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const ScratchDirectory scratch;
  const CertificateAuthority authority;
  const DoubleServer server({.tls = authority.issue({})});
  return run_provision_cases(
      {server.address(), server.root_token(), scratch.file("ca.pem", authority.certificate())},
      "double");
}
