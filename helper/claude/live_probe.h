// Asks Claude itself whether a token works: real inference by the `claude` program.
// Facts: docs/claude-client.md, "The probe".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/paths.h"
#include "base/secret.h"
#include "claude/probe_verdict.h"

namespace claude_auth {

struct ProbeResult {
  ProbeVerdict verdict;
  std::string reason;  ///< for the log: printable, free of secrets
};

/// Finds `claude`: `configured` where it is set, else ~/.local/bin, else PATH. Empty where there
/// is none that can be executed.
[[nodiscard]] std::string find_claude(const std::string& configured, const UserId& user,
                                      const Lookup& environment);

/// Tries `token` (a setup token or an access token) in isolation: an empty temporary directory is
/// HOME and CLAUDE_CONFIG_DIR, so the probe can neither rotate nor lose a login of the user. Ends
/// within `limit`. The temporary directory is removed.
[[nodiscard]] ProbeResult probe_isolated(const std::string& claude, const Secret& token,
                                         const UserId& user, const Lookup& environment,
                                         Millis limit);

/// What a finished probe's output means. `exit_status` is -1 where it did not end by itself.
[[nodiscard]] ProbeResult judge_probe(int exit_status, bool timed_out, std::string_view output,
                                      std::string_view errors);

}  // namespace claude_auth
