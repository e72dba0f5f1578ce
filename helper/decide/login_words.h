// The words for a login's state in the JSON of `status`, which other programs rely on.
#pragma once

#include "decide/login_decision.h"

namespace claude_auth {

/// "valid", "logged_out", …: what a user's part writes and the admin's part reads.
[[nodiscard]] const char* word_of(LocalLogin login);

}  // namespace claude_auth
