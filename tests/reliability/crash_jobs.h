// Every job that writes, in a home where it has something to write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crash_home.h"
#include "system_call_faults.h"

namespace claude_auth::testing {

struct CrashJob {
  std::string_view name;  ///< for the command line; CMakeLists.txt makes a test of each
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

}  // namespace claude_auth::testing
