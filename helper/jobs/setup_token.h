// `setup-token set` and `setup-token remove`.
#pragma once

#include "jobs/context.h"

namespace claude_auth {

/// Whether a new token is tried before it is stored.
enum class TokenCheck {
  try_it,        ///< by an isolated probe, where there is a `claude`
  take_my_word,  ///< --no-check
};

/// Reads a setup token (prompt without echo, or standard input), tries it, puts it into the store
/// and the env file. Its hash then counts as accepted here. A token that two probes found
/// rejected is not stored. Returns the exit status.
[[nodiscard]] int set_setup_token(Context& context, TokenCheck check);

/// Takes the setup token out of the store and removes the env file. Returns the exit status.
[[nodiscard]] int remove_setup_token(Context& context);

}  // namespace claude_auth
