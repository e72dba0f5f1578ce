// Sees who opens what below /home and /root, as it happens, and counts what nobody should have.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace claude_auth::testing {

/// What was opened while somebody watched.
struct Sights {
  unsigned long own = 0;                ///< by a process of the user whose home it is
  std::vector<std::string> trespasses;  ///< anything else: "PATH opened by uid UID"
};

/// Watches by fanotify(7) from its making on. Each open(2) waits for the look at its process, so
/// that none can have ended before. Needs root, and /home and /root to be mounts.
class HomeWitness {
 public:
  /// `owners`: the uid by name of each home below /home. Aborts where the kernel refuses.
  explicit HomeWitness(std::map<std::string, uid_t, std::less<>> owners);
  ~HomeWitness();
  HomeWitness(const HomeWitness&) = delete;
  HomeWitness& operator=(const HomeWitness&) = delete;

  /// What was seen so far; forgets it.
  Sights take();

 private:
  void watch();
  void judge(int opened, pid_t opener);
  [[nodiscard]] bool is_owner(std::string_view path, uid_t uid) const;

  std::map<std::string, uid_t, std::less<>> owners_;
  UniqueFd events_;
  UniqueFd end_;
  std::mutex guard_;
  Sights sights_;
  std::thread thread_;
};

}  // namespace claude_auth::testing
