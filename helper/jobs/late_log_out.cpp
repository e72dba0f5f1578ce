#include "jobs/late_log_out.h"

#include "decide/watch_decision.h"

namespace claude_auth {

void LateLogOut::note(const Observation& seen, bool in_memory) {
  if (in_memory && vanished_) look_for_the(1);
  if ((seen.generation && !in_memory) || seen.login == LocalLogin::logged_out)
    look_at_ = Deadline::never();
  vanished_ = seen.login == LocalLogin::lost && seen.account == AccountRecord::present;
}

void LateLogOut::looked() {
  if (is_due()) look_for_the(number_ + 1);
}

void LateLogOut::look_for_the(int number) {
  number_ = number;
  const auto wait = account_look(number);
  look_at_ = wait ? Deadline::in(*wait) : Deadline::never();
}

}  // namespace claude_auth
