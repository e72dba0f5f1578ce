// The sentences that a person reads at login. They are made here, from codes: no text of the
// user's process reaches the host's terminal.
#pragma once

#include <array>
#include <cstddef>

#include "pam_claude/login_pipe.h"

namespace claude_auth {

/// All notices, the most pressing first.
inline constexpr std::array kNotices = {
    login_pipe::Notice::login_needed, login_pipe::Notice::setup_token_rejected,
    login_pipe::Notice::login_expires, login_pipe::Notice::setup_token_expires};

/// Room for any notice with the longest login_command.
using NoticeText = std::array<char, 384>;

/// One line, without its end. `days` is used where the notice has a number, `login_command` where
/// logging in is the remedy.
[[nodiscard]] NoticeText compose(login_pipe::Notice notice, int days, const char* login_command);

}  // namespace claude_auth
