// What a sync does with the login and the setup token, step by step, as tables. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "claude/probe_verdict.h"
#include "decide/login_decision.h"

namespace claude_auth {

/// The first step for a login without a setup token in force.
enum class SyncStep {
  probe,        ///< a valid login: ask Claude
  restore,      ///< broken for all to see: no probe is needed to know it
  leave_alone,  ///< the person logged out
  report,       ///< what lies there proves nothing
};

[[nodiscard]] SyncStep first_sync_step(LocalLogin login);

/// How a valid login is probed.
enum class ProbePlace {
  isolated,  ///< its access token alone, away from the user's home: can neither rotate nor lose it
  home,      ///< the access token has run out: only Claude itself, at home, can refresh it
};

/// `access_token_ends`: expiresAt. Close to its end Claude would refresh, so that counts as over.
[[nodiscard]] ProbePlace probe_place(Instant access_token_ends, Instant now);

enum class AfterProbe {
  back_up,
  restore,     ///< authentication itself is broken: one restore
  ask_person,  ///< and after that one restore it still is
  could_not_check,
  no_client,
};

[[nodiscard]] AfterProbe after_probe(ProbeVerdict verdict, bool restored_before);

/// Whether "could not be checked" has been said so often in a row that a person must hear of it.
[[nodiscard]] bool is_unchecked_for_long(int times_in_a_row);

/// The same of a login that was not restored since a lock was in other hands: hours later it is in
/// nobody's who lives as he should.
[[nodiscard]] bool is_busy_for_long(int times_in_a_row);

/// What is known of the store's setup token before it is tried.
struct TokenTrial {
  bool accepted_before = false;
  bool rejected_before = false;
  std::optional<Instant> tried_at;  ///< the last probe of this token
};

/// First seen, or a day since the last probe. A rejected token is tried anew as well: what was
/// revoked stays so, but two wrong answers of the service must not bury a good token.
[[nodiscard]] bool trial_is_due(const TokenTrial& trial, Instant now);

enum class TokenOutcome {
  in_force,          ///< materialize it
  in_force_untried,  ///< it could not be tried and never was: leave everything as it is
  rejected,          ///< withdraw it; the OAuth rules apply
};

/// After the trial; `verdict` is nothing where none was due.
[[nodiscard]] TokenOutcome token_outcome(const TokenTrial& trial,
                                         std::optional<ProbeVerdict> verdict);

}  // namespace claude_auth
