// Homes in which something has happened. Each ends the process where it does not.
#pragma once

#include "crash_home.h"

namespace claude_auth::testing {

/// The setup token of all tests here.
inline constexpr char kSetupToken[] = "sk-ant-oat01-TEST-setup-token";

/// A login, in the store with what another tool keeps there.
void backed_up(const CrashHome& home);

// And since then: it was lost, was wiped, was cut short in the file; there is a new one that no job
// has seen.
void login_lost(const CrashHome& home);
void login_wiped(const CrashHome& home);
void login_malformed(const CrashHome& home);
void login_new(const CrashHome& home);

// A setup token was put into force; was put into the store, and nothing more; the same, and the
// login was lost.
void token_in_force(const CrashHome& home);
void token_in_store(const CrashHome& home);
void token_in_store_alone(const CrashHome& home);

/// The user paused.
void paused(const CrashHome& home);

}  // namespace claude_auth::testing
