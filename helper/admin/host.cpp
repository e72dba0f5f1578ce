// ThisHost's users, and programs run as them. Its units are in host_units.cpp.
#include "admin/host.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "admin/user_name.h"
#include "base/errors.h"

namespace claude_auth {
namespace {

// Of each stream: status and look-up replies take a few KiB.
constexpr std::size_t kMaxOutput = 256 << 10;

// From TERM to KILL.
constexpr Millis kGrace{1'000};

// An entry larger than this is none that a name service should have.
constexpr std::size_t kMaxEntry = 1 << 20;

/// What an admin needs to know of an account.
struct Account {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Calls getpwnam_r(3) or getpwuid_r(3), by `ask`, with room enough. Nothing where the answer is
/// that there is no such account; ENOENT and ESRCH are how some services say that. errno else.
template <typename Ask>
std::expected<std::optional<Account>, int> look_up(Ask ask) {
  std::vector<char> room(1024);
  for (;;) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = ask(&entry, room.data(), room.size(), &found);
    if (error == ERANGE && room.size() < kMaxEntry) {
      room.resize(2 * room.size());
      continue;
    }
    if (error == EINTR) continue;
    if (found != nullptr) {
      return Account{.name = found->pw_name,
                     .home = found->pw_dir,
                     .uid = found->pw_uid,
                     .gid = found->pw_gid};
    }
    if (error == 0 || error == ENOENT || error == ESRCH) return std::nullopt;
    return std::unexpected(error);
  }
}

std::expected<std::optional<Account>, int> account_named(const std::string& name) {
  return look_up([&](passwd* entry, char* room, std::size_t size, passwd** found) {
    return ::getpwnam_r(name.c_str(), entry, room, size, found);
  });
}

std::expected<std::optional<Account>, int> account_of(uid_t uid) {
  return look_up([&](passwd* entry, char* room, std::size_t size, passwd** found) {
    return ::getpwuid_r(uid, entry, room, size, found);
  });
}

std::unexpected<std::string> cannot_look_up(const std::string& name, int error) {
  return std::unexpected("the name service cannot look " + name + " up: " + errno_text(error));
}

/// A user's program finds out by its uid who it is: both ways have to agree.
std::expected<void, std::string> check_unique(const Account& account, const std::string& name) {
  if (account.name != name) {
    return std::unexpected(name + " is called " + printable(account.name) +
                           " by the name service: write it so");
  }
  const auto owner = account_of(account.uid);
  if (!owner) return cannot_look_up(name, owner.error());
  if (!*owner || (*owner)->name != name) {
    return std::unexpected(name + " shares uid " + std::to_string(account.uid) + " with " +
                           (*owner ? printable((*owner)->name) : "nobody that is known") +
                           ": give each user a uid of his own");
  }
  return {};
}

std::expected<std::vector<gid_t>, std::string> groups_of(const Account& account) {
  std::vector<gid_t> groups(64);
  for (;;) {
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return groups;
    }
    if (groups.size() > NGROUPS_MAX) {
      return std::unexpected(account.name + " is in more groups than a process can be");
    }
    // They may have become more since they were counted.
    groups.resize(std::max(2 * groups.size(), static_cast<std::size_t>(std::max(count, 0))));
  }
}

}  // namespace

HostPaths installed_paths() {
  return {.helper = CLAUDE_AUTH_HELPER,
          .systemctl = CLAUDE_AUTH_SYSTEMCTL,
          .booted = "/run/systemd/system"};
}

std::expected<std::optional<HostUser>, std::string> ThisHost::find(const std::string& name) {
  // What a service makes of other names, a number or a SID, is not the user's name.
  if (!is_user_name(name)) return std::nullopt;
  auto account = account_named(name);
  if (!account) return cannot_look_up(name, account.error());
  if (!*account) return std::nullopt;
  if (const auto unique = check_unique(**account, name); !unique) {
    return std::unexpected(unique.error());
  }
  auto groups = groups_of(**account);
  if (!groups) return std::unexpected(groups.error());
  return HostUser{.user = {.uid = (*account)->uid, .name = name, .home = (*account)->home},
                  .gid = (*account)->gid,
                  .groups = std::move(*groups)};
}

std::expected<Finished, std::string> ThisHost::run_as(const HostUser& user,
                                                      std::vector<std::string> arguments,
                                                      std::string_view input, Deadline deadline) {
  const auto cannot_start = [&](int error) {
    return std::unexpected("cannot start " + paths_.helper + " as " + user.user.name + ": " +
                           errno_text(error));
  };
  auto input_pipe = pipe_holding(input);
  if (!input_pipe) return cannot_start(input_pipe.error());
  arguments.insert(arguments.begin(), "claude-auth-sync");
  Command command{.path = paths_.helper,
                  .arguments = std::move(arguments),
                  .environment = {"HOME=" + user.user.home, "USER=" + user.user.name,
                                  "LOGNAME=" + user.user.name, "PATH=/usr/local/bin:/usr/bin:/bin",
                                  "LANG=C.UTF-8"},
                  .standard_input = std::move(*input_pipe)};
  // Whoever is not root can only be himself; for anybody else the change will fail.
  if (::geteuid() == 0 || ::geteuid() != user.user.uid) {
    command.run_as = RunAs{.uid = user.user.uid, .gid = user.gid, .groups = user.groups};
  }
  auto finished = run(std::move(command), deadline, kGrace, kMaxOutput);
  if (!finished) return cannot_start(finished.error());
  return std::move(*finished);
}

}  // namespace claude_auth
