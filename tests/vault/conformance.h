// What this project relies on a Vault server for, as cases that run unchanged against the double
// and against a real server.
#pragma once

#include <string>

namespace claude_auth::testing {

struct ServerUnderTest {
  std::string address;
  std::string root_token;
  std::string ca_cert;  ///< file; empty for http
};

/// Runs every case and returns the number of failures. The last ones find the server sealed.
[[nodiscard]] int run_conformance(const ServerUnderTest& server, const std::string& name);

}  // namespace claude_auth::testing
