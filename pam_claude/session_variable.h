// CLAUDE_CODE_OAUTH_TOKEN in the environment of the session: set, or kept from crossing users.
#pragma once

#include <security/pam_modules.h>

#include <string_view>

namespace claude_auth {

/// Puts `token`, which has the shape of one, into the session. False when memory ran out.
[[nodiscard]] bool export_token(pam_handle_t* pamh, std::string_view token);

/// Sets the variable empty, which Claude takes for unset, where the session would inherit one:
/// from the host's own environment (su without `-`) or from a module before this one. False when
/// memory ran out.
[[nodiscard]] bool blank_inherited_token(pam_handle_t* pamh);

}  // namespace claude_auth
