// Every job that writes, in a home where it has something to write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crash_home.h"

namespace claude_auth::testing {

struct CrashJob {
  std::string_view name;  ///< for the command line
  std::string_view what;  ///< for the page
  StoreKind store = StoreKind::local;
  void (*prepare)(const CrashHome& home) = nullptr;
  std::vector<std::string> arguments{};
  std::string input{};  ///< standard input
  /// For a watch, which ends only when it is told to: what happens while it waits.
  BeforeWaiting (*meanwhile)(const CrashHome& home) = nullptr;
  bool takes_seconds = false;  ///< each run does
};

[[nodiscard]] const std::vector<CrashJob>& crash_jobs();

/// The setup token of all tests here.
inline constexpr char kSetupToken[] = "sk-ant-oat01-TEST-setup-token";

// Homes in which something has happened. Each ends the process where it does not.

/// A login, in the store with what another tool keeps there.
void backed_up(const CrashHome& home);
/// It is lost; there is a new one that no job has seen; a setup token is in force beside it.
void login_lost(const CrashHome& home);
void login_new(const CrashHome& home);
void token_in_force(const CrashHome& home);

}  // namespace claude_auth::testing
