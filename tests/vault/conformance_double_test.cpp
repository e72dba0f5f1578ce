// The conformance cases against the double, over TLS.
#include <sodium.h>

#include "conformance.h"
#include "double_server.h"
#include "scratch_directory.h"

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const ScratchDirectory scratch;
  const CertificateAuthority authority;
  const DoubleServer server({.tls = authority.issue({})});
  return run_conformance(
      {server.address(), server.root_token(), scratch.file("ca.pem", authority.certificate())},
      "double");
}
