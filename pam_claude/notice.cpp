// Composes the notices.
#include "pam_claude/notice.h"

#include <stdio.h>

namespace claude_auth {
namespace {

constexpr char kNewSetupToken[] =
    "run `claude setup-token`, then `claude-auth-sync setup-token set`";

using WhenText = std::array<char, 32>;

WhenText when(int days) {
  WhenText text{};
  if (days == 0) {
    ::snprintf(text.data(), text.size(), "today");
  } else {
    ::snprintf(text.data(), text.size(), "in %d day%s", days, days == 1 ? "" : "s");
  }
  return text;
}

}  // namespace

NoticeText compose(login_pipe::Notice notice, int days, const char* login_command) {
  NoticeText text{};
  switch (notice) {
    case login_pipe::Notice::login_needed:
      ::snprintf(text.data(), text.size(), "Claude login expired: run `%s`", login_command);
      break;
    case login_pipe::Notice::login_expires:
      ::snprintf(text.data(), text.size(), "Claude login expires %s: run `%s`", when(days).data(),
                 login_command);
      break;
    case login_pipe::Notice::setup_token_expires:
      ::snprintf(text.data(), text.size(), "Claude setup token expires %s: %s", when(days).data(),
                 kNewSetupToken);
      break;
    case login_pipe::Notice::setup_token_rejected:
      ::snprintf(text.data(), text.size(), "Claude setup token is rejected: %s", kNewSetupToken);
      break;
  }
  return text;
}

}  // namespace claude_auth
