// The only places that write what Claude and the user's shells read: the credentials file and the
// env file.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "base/secret.h"
#include "jobs/context.h"
#include "jobs/observe.h"
#include "jobs/stamps.h"

namespace claude_auth {

/// Asked under all locks, with what is on disk then: is the login still to be replaced, or removed?
using StillWanted = std::function<bool(const Observation&, const GenerationHistory&)>;

enum class Replaced {
  replaced,    ///< by another login, or by none
  not_wanted,  ///< somebody else was faster; nothing was written
};

/// Puts `login` (a valid claudeAiOauth object) into the credentials file (DESIGN rule 5): under
/// change.lock and Claude's three locks, decided again by `still_wanted`, every other key kept. A
/// malformed file is kept beside it as `.credentials.json.malformed-<epoch ms>`. Stamps what
/// was seen and written. On an error nothing was changed. Needs 200 ms.
[[nodiscard]] std::expected<Replaced, ChangeError> replace_login(const Context& context,
                                                                 const json_t& login,
                                                                 const StillWanted& still_wanted,
                                                                 Deadline deadline);

/// Takes a valid login out of the credentials file, in the same way: every other key is kept, and
/// the file removed where there is none. `still_wanted` has to refuse what is no valid login.
/// On an error nothing was changed. Needs 200 ms.
[[nodiscard]] std::expected<Replaced, ChangeError> remove_login(const Context& context,
                                                                const StillWanted& still_wanted,
                                                                Deadline deadline);

/// Writes the env file with `token`, unless it holds it already. A file with other lines than ours
/// is never replaced.
[[nodiscard]] std::expected<void, ChangeError> write_token_env(const Context& context,
                                                               const Secret& token,
                                                               Deadline deadline);

/// Removes the env file; absent is success. A file with other lines than ours stays.
[[nodiscard]] std::expected<void, ChangeError> remove_token_env(const Context& context,
                                                                Deadline deadline);

/// Removes what a killed process of ours left, if there is any: Claude's locks of which there is a
/// record, and temporary files in the state directory.
void clear_after_the_dead(const Context& context);

}  // namespace claude_auth
