// The one seam between the admin's jobs and this host: its users, programs run as them, its units.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/clock.h"
#include "base/paths.h"

namespace claude_auth {

/// A user as the name service knows him.
struct HostUser {
  UserId user;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// What systemd says of the units that an admin enables for a user: the timer of sync and the
/// watch. A watch that ended to have a person called, and whose own timer brings it back, is
/// active.
enum class UnitsState {
  on,         ///< all enabled and active
  waiting,    ///< as `on`, but the watch has ended well: as it does where nobody is enrolled
  off,        ///< none enabled, none active
  partly,     ///< anything between: `enable` or `disable` makes it right
  no_manager  ///< this host was not booted by systemd
};

/// Tests give one of their own.
class Host {
 public:
  virtual ~Host() = default;

  /// Nothing where the name service proves that there is no such user. Error: one sentence; also
  /// for a user whose uid or spelling is another one's.
  virtual std::expected<std::optional<HostUser>, std::string> find(const std::string& name) = 0;

  /// Runs claude-auth-sync as `user` with `arguments` (without the program's name): its user,
  /// groups and home, an environment of nothing else, its own process group, killed at `deadline`.
  /// `input` is its standard input, and never logged. Everything that comes back is the user's
  /// word: bounded, but untrusted. Error: one sentence.
  virtual std::expected<Finished, std::string> run_as(const HostUser& user,
                                                      std::vector<std::string> arguments,
                                                      std::string_view input,
                                                      Deadline deadline) = 0;

  virtual std::expected<UnitsState, std::string> units(const std::string& user) = 0;
  /// Enabled for every boot and started now, or disabled and stopped. Error: one sentence.
  virtual std::expected<void, std::string> enable_units(const std::string& user) = 0;
  virtual std::expected<void, std::string> disable_units(const std::string& user) = 0;
};

/// What ThisHost finds on a machine; tests give stand-ins.
struct HostPaths {
  std::string helper;     ///< claude-auth-sync
  std::string systemctl;  ///< of systemd
  std::string booted;     ///< a directory that is there where systemd is the manager
};

[[nodiscard]] HostPaths installed_paths();

/// This machine: the name service, fork and exec, systemctl.
class ThisHost : public Host {
 public:
  explicit ThisHost(HostPaths paths = installed_paths()) : paths_(std::move(paths)) {}

  std::expected<std::optional<HostUser>, std::string> find(const std::string& name) override;
  std::expected<Finished, std::string> run_as(const HostUser& user,
                                              std::vector<std::string> arguments,
                                              std::string_view input, Deadline deadline) override;
  std::expected<UnitsState, std::string> units(const std::string& user) override;
  std::expected<void, std::string> enable_units(const std::string& user) override;
  std::expected<void, std::string> disable_units(const std::string& user) override;

 private:
  HostPaths paths_;
};

}  // namespace claude_auth
