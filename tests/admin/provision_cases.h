// What provision and deprovision promise on any Vault server: cases that run unchanged against the
// double and against a real one.
#pragma once

#include "conformance.h"

namespace claude_auth::testing {

/// Runs every case and returns the number of failures.
[[nodiscard]] int run_provision_cases(const ServerUnderTest& server, const char* name);

}  // namespace claude_auth::testing
