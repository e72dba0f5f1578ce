// `backup`: the local login goes into the store.
#pragma once

#include "base/json.h"
#include "jobs/context.h"
#include "jobs/outcome.h"
#include "jobs/stamps.h"
#include "store/store.h"

namespace claude_auth {

/// Puts `login`, a valid claudeAiOauth object, into the store (DESIGN rule 3).
[[nodiscard]] Outcome back_up(Context& context, Store& store, const Stamps& stamps,
                              const json_t& login, Deadline deadline);

/// Checks the login's structure and backs it up (DESIGN rule 3). With the local store the first
/// backup enrols the user. Returns the exit status.
[[nodiscard]] int backup(Context& context);

}  // namespace claude_auth
