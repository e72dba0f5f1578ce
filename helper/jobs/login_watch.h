// The inotify side of `watch`: which directories are looked at, and which changes matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/paths.h"
#include "base/unique_fd.h"

namespace claude_auth {

/// Tells when the credentials file may have changed: by a rename, a write in place, its removal,
/// or because one of its directories came or went; and when a pause or a setup token, which end the
/// care for it, begins or ends. It may tell too often, never too seldom.
class LoginWatch {
 public:
  explicit LoginWatch(const Paths& paths);

  /// Readable (poll) when something happened; -1 where inotify is not to be had: then only
  /// polling helps.
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Takes what happened off the queue. True where the credentials file has to be looked at.
  [[nodiscard]] bool drain();

  /// How often to look without being told: on file systems of other machines, whose changes
  /// inotify does not see, and where a directory cannot be watched. Nothing where it sees them all.
  [[nodiscard]] std::optional<Millis> poll_interval() const { return poll_interval_; }

 private:
  struct Watched {
    int descriptor;
    std::vector<std::string> names;
  };

  void arm();
  bool watch(const std::string& directory, const std::string& name, std::uint32_t changes);
  [[nodiscard]] bool matters(int descriptor, const char* name) const;

  Paths paths_;
  UniqueFd inotify_;
  std::vector<Watched> watched_;
  std::optional<Millis> poll_interval_;
};

}  // namespace claude_auth
