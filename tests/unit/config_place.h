// A place for configuration files, and what is read from it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <expected>
#include <string>

#include "base/config.h"
#include "temporary_directory.h"

namespace claude_auth::test {

/// A vendor's and an administrator's directory that belong to the test.
class Place {
 public:
  Place() {
    ::chmod(top_.path().c_str(), 0755);
    ::mkdir(vendor().c_str(), 0755);
    ::mkdir(admin().c_str(), 0755);
  }

  [[nodiscard]] std::string vendor() const { return top_ / "vendor"; }
  [[nodiscard]] std::string admin() const { return top_ / "admin"; }
  [[nodiscard]] std::string file() const { return admin() + "/claude-auth-sync.conf"; }
  [[nodiscard]] std::string vendor_file() const { return vendor() + "/claude-auth-sync.conf"; }

  /// A drop-in below `directory`, which is made.
  [[nodiscard]] static std::string drop_in(const std::string& directory, const std::string& name) {
    const std::string drop_ins = directory + "/claude-auth-sync.conf.d";
    ::mkdir(drop_ins.c_str(), 0755);
    return drop_ins + "/" + name;
  }

  [[nodiscard]] std::expected<Config, std::string> load() const {
    return load_config({.vendor = vendor(), .admin = admin(), .owner = ::geteuid()});
  }

 private:
  TemporaryDirectory top_;
};

inline std::expected<Config, std::string> load(const std::string& text) {
  const Place place;
  put(place.file(), text, 0644);
  return place.load();
}

/// Whether the error names `what`: the key, the file.
inline bool refused(const std::expected<Config, std::string>& config, const std::string& what) {
  return !config && config.error().contains(what);
}

}  // namespace claude_auth::test
