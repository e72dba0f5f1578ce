// One job of ours against a store with one fault, in a machine of their own: what comes of it.
#pragma once

#include <string>

#include "store_fault.h"
#include "store_job.h"

namespace claude_auth::testing {

struct SceneResult {
  std::string said{};  ///< the job's last words, without what differs from run to run
  std::string came{};  ///< what it came to: "nothing changed", "done", …
  int exit_status = 0;
  Millis took{};
  /// All that is wrong: its time was over before it could meet a fault that takes none.
  bool starved = false;
  std::string wrong{};  ///< what should not be; empty where all is as the tables say
};

/// Runs the real programs. Enters a private machine (crash_home.h), so this process runs one scene
/// only, and has one thread when it does.
[[nodiscard]] SceneResult play_scene(const StoreFault& fault, const StoreJob& job,
                                     const Patience& patience);

}  // namespace claude_auth::testing
