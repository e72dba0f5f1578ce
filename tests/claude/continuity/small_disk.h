// A disk of a few megabytes that a test can fill up and empty again.
#pragma once

#include <string>

namespace claude_auth::testing {

/// A tmpfs at `path`, gone with this object. Needs a mount namespace of one's own.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  /// From now on nobody gets another block: ENOSPC.
  void fill() const;
  void make_room() const;

 private:
  [[nodiscard]] std::string filler() const { return path_ + "/filler"; }

  std::string path_;
};

}  // namespace claude_auth::testing
