#include "decide/sync_decision.h"

namespace claude_auth {
namespace {

// Claude refreshes from 300 s before expiresAt (docs/claude-client.md); a probe takes up to 60 s.
constexpr std::chrono::seconds kTooCloseToRefresh{360};

constexpr std::chrono::hours kTrialEvery{24};
constexpr int kUncheckedIsLong = 4;
constexpr int kBusyIsLong = 2;

}  // namespace

SyncStep first_sync_step(LocalLogin login) {
  switch (login) {
    case LocalLogin::valid:
      return SyncStep::probe;
    case LocalLogin::malformed:
    case LocalLogin::wiped:
    case LocalLogin::lost:
      return SyncStep::restore;
    case LocalLogin::logged_out:
      return SyncStep::leave_alone;
    case LocalLogin::unreadable:
      break;
  }
  return SyncStep::report;
}

ProbePlace probe_place(Instant access_token_ends, Instant now) {
  return access_token_ends - now > kTooCloseToRefresh ? ProbePlace::isolated : ProbePlace::home;
}

AfterProbe after_probe(ProbeVerdict verdict, bool restored_before) {
  switch (verdict) {
    case ProbeVerdict::accepted:
      return AfterProbe::back_up;
    case ProbeVerdict::rejected:
      return restored_before ? AfterProbe::ask_person : AfterProbe::restore;
    case ProbeVerdict::no_client:
      return AfterProbe::no_client;
    case ProbeVerdict::unchecked:
      break;
  }
  return AfterProbe::could_not_check;
}

bool is_unchecked_for_long(int times_in_a_row) {
  return times_in_a_row >= kUncheckedIsLong;
}

bool is_busy_for_long(int times_in_a_row) {
  return times_in_a_row >= kBusyIsLong;
}

bool trial_is_due(const TokenTrial& trial, Instant now) {
  if (!trial.tried_at || *trial.tried_at > now) return true;
  if (!trial.accepted_before && !trial.rejected_before) return true;
  return now - *trial.tried_at >= kTrialEvery;
}

TokenOutcome token_outcome(const TokenTrial& trial, std::optional<ProbeVerdict> verdict) {
  if (verdict == ProbeVerdict::accepted) return TokenOutcome::in_force;
  if (verdict == ProbeVerdict::rejected) return TokenOutcome::rejected;
  if (trial.rejected_before) return TokenOutcome::rejected;
  return trial.accepted_before ? TokenOutcome::in_force : TokenOutcome::in_force_untried;
}

}  // namespace claude_auth
