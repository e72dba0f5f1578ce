// The helper's side of the login pipe: how `login` talks to pam_claude.so.
#pragma once

#include "base/secret.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {

/// Writes the codes of pam_claude/login_pipe.h to a descriptor. A module that no longer listens is
/// no error: the login goes on without us.
class ReplyWriter {
 public:
  /// `fd` -1: nobody listens (a login run by hand).
  explicit ReplyWriter(int fd) : fd_(fd) {}

  /// Nothing usable is here: earn the longer deadline.
  void wait();

  /// Export this token. The last one said counts.
  void token(const Secret& token);

  /// Export none after all.
  void no_token();

  /// Tell the person; `days` is 0 where the notice has none.
  void notice(login_pipe::Notice notice, int days = 0);

 private:
  void send(std::string& line);
  int fd_;
};

}  // namespace claude_auth
