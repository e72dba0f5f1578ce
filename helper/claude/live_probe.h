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

/// Removes the temporary directories that killed probes of this user left. Each probe does so
/// before it makes its own.
void clear_dead_probes(const Lookup& environment);

/// Tries `token` (a setup token or an access token) in isolation: an empty temporary directory is
/// HOME and CLAUDE_CONFIG_DIR, so the probe can neither rotate nor lose a login of the user. Ends
/// within `limit`. The temporary directory is removed.
[[nodiscard]] ProbeResult probe_isolated(const std::string& claude, const Secret& token,
                                         const UserId& user, const Lookup& environment,
                                         Millis limit);

/// Tries a setup token in isolation, 60 s at most, and once more where it is rejected: one 401 can
/// be a moment of the service.
[[nodiscard]] ProbeResult probe_token_twice(const std::string& claude, const Secret& token,
                                            const UserId& user, const Lookup& environment);

/// Has Claude itself try the login in `claude_dir`, which makes it refresh the login: only for one
/// whose access token has run out. At `limit` a refresh under way (Claude's refresh lock is there)
/// is waited for, up to `kLongestRefresh` more, since a client killed in it may lose the login.
[[nodiscard]] ProbeResult probe_in_home(const std::string& claude, const std::string& claude_dir,
                                        const UserId& user, const Lookup& environment,
                                        Millis limit);

/// A token endpoint that hangs outlasts a probe's minute; nothing should outlast this.
inline constexpr std::chrono::minutes kLongestRefresh{3};

/// What a finished probe's output means. `exit_status` is -1 where it did not end by itself.
[[nodiscard]] ProbeResult judge_probe(int exit_status, bool timed_out, std::string_view output,
                                      std::string_view errors);

}  // namespace claude_auth
