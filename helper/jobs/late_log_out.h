// A log-out removes the login before it says so in `.claude.json`, and on a busy machine long
// before. Where the watch has the login back by then, this tells when to look whether it was one.
#pragma once

#include "base/clock.h"
#include "jobs/observe.h"

namespace claude_auth {

/// Follows the looks of the watch. The login that vanished while `.claude.json` named its account,
/// and is back as it was, whoever put it back, is under suspicion until the last of a few looks.
/// Another login is a person's, or Claude's own: it ends the suspicion, and so does a log-out that
/// shows itself.
class LateLogOut {
 public:
  /// What a look showed; `in_memory`: a valid login, the very one that the watch holds.
  void note(const Observation& seen, bool in_memory);

  /// `.claude.json` is to be looked at now.
  [[nodiscard]] bool is_due() const { return look_at_.passed(); }
  /// The look has been done.
  void looked();
  /// It was a log-out, but the login could not be taken back: `is_due` again after `pause`.
  void try_again_in(Millis pause) { look_at_ = Deadline::in(pause); }

  [[nodiscard]] Deadline next_look() const { return look_at_; }

 private:
  void look_for_the(int number);

  bool vanished_ = false;  // at the last look, and its account was there
  int number_ = 0;         // of the next look
  Deadline look_at_ = Deadline::never();
};

}  // namespace claude_auth
