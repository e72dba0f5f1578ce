// One look at a user's local login: what the files show, under its name.
#pragma once

#include <optional>

#include "claude/credentials.h"
#include "decide/login_decision.h"
#include "jobs/context.h"
#include "jobs/stamps.h"

namespace claude_auth {

struct Observation {
  CredentialsFile file;
  LocalLogin login = LocalLogin::lost;
  std::optional<Generation> generation;  ///< of a valid login
  /// Looked at only where it decides: without a login in the file, after one was seen here.
  AccountRecord account = AccountRecord::unknown;
};

[[nodiscard]] Observation observe(const Context& context, const GenerationHistory& history);

/// Stamps what was observed: a valid login as last seen, a wipe as the death of the last seen one.
/// Returns whether anything changed.
bool remember(const Observation& observation, GenerationHistory& history);

/// The same, for `update_stamps`: nothing where another login or state is here by now. While
/// change.lock was waited for, Claude may have refreshed the login and somebody else stamped that:
/// the older one would be stamped after the newer, which would then be taken for a stale copy.
void remember_if_still_here(const Context& context, const Observation& observation,
                            GenerationHistory& history);

/// The state's name for a log line: "lost", "wiped", …
[[nodiscard]] const char* name_of(LocalLogin login);

}  // namespace claude_auth
