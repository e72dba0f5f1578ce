// `backup`: the local login goes into the store.
#pragma once

#include "base/json.h"
#include "jobs/context.h"
#include "jobs/outcome.h"
#include "jobs/stamps.h"
#include "store/store.h"

namespace claude_auth {

/// Puts `login`, a valid claudeAiOauth object, into the store (DESIGN rule 3). `known`: the
/// document as this job has read it, where it has.
[[nodiscard]] Outcome back_up(Context& context, Store& store, const Stamps& stamps,
                              const json_t& login, Deadline deadline,
                              const StoredDocument* known = nullptr);

/// Where the login to back up comes from.
enum class BackupSource {
  file,            ///< the credentials file
  standard_input,  ///< the watch's memory: a claudeAiOauth object over a pipe
};

/// Checks the login's structure and backs it up (DESIGN rule 3). With the local store the first
/// backup enrols the user. Returns the exit status.
[[nodiscard]] int backup(Context& context, BackupSource source);

}  // namespace claude_auth
