// Keeps signal handlers out of what is forked or cloned.
#pragma once

#include <signal.h>

namespace claude_auth {

/// Blocks every signal of the calling thread while it lives, so that no handler of this process
/// runs in a child that is made meanwhile. The child starts with all of them blocked.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace claude_auth
