// ThisHost's units: what systemctl(1) says and does.
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <utility>

#include "admin/host.h"
#include "admin/user_name.h"
#include "base/errors.h"

namespace claude_auth {
namespace {

// A watch is given 90 s to start by systemd, and half a minute to stop.
constexpr Millis kSystemctlNeeds{120'000};
constexpr Millis kGrace{1'000};
constexpr std::size_t kMaxOutput = 64 << 10;

std::string sync_timer(const std::string& user) {
  return "claude-auth-sync@" + user + ".timer";
}

std::string watch_service(const std::string& user) {
  return "claude-auth-watch@" + user + ".service";
}

/// Brings a watch back that ended with status 3; nobody enables it.
std::string watch_timer(const std::string& user) {
  return "claude-auth-watch@" + user + ".timer";
}

/// What `systemctl show` says of one unit.
struct UnitFacts {
  bool enabled = false;
  bool active = false;
  bool failed = false;
};

/// Takes the facts up to the next empty line off `text`: properties of one unit, one a line.
UnitFacts take_facts(std::string_view& text) {
  UnitFacts facts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    if (line == "UnitFileState=enabled") facts.enabled = true;
    // A watch that ends to have a person called is on its way back already.
    constexpr std::array kActive = {"ActiveState=active", "ActiveState=activating",
                                    "ActiveState=reloading", "ActiveState=deactivating"};
    if (std::ranges::find(kActive, line) != kActive.end()) facts.active = true;
    if (line == "ActiveState=failed") facts.failed = true;
  }
  return facts;
}

UnitsState state_of(const UnitFacts& timer, UnitFacts watch, const UnitFacts& back_to_watch) {
  if (back_to_watch.active) watch = {.enabled = watch.enabled, .active = true};
  if (timer.enabled && timer.active && watch.enabled && !watch.failed) {
    return watch.active ? UnitsState::on : UnitsState::waiting;
  }
  if (timer.enabled || timer.active || watch.enabled || watch.active) return UnitsState::partly;
  return UnitsState::off;
}

bool is_booted(const std::string& directory) {
  struct stat found{};
  return ::lstat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

/// What to say of a systemctl that did not do it: its own first line, where it has one.
std::string failure_of(const Finished& finished, const std::string& verb) {
  std::string said = finished.standard_error.substr(0, finished.standard_error.find('\n'));
  if (finished.timed_out) said = "it does not come to an end";
  if (said.empty()) said = "it failed without a word";
  return "systemctl " + verb + ": " + printable(said);
}

/// Runs systemctl; its standard output where it succeeded.
std::expected<std::string, std::string> systemctl(const HostPaths& paths, const std::string& user,
                                                  const std::vector<std::string>& words) {
  if (!is_user_name(user)) {
    return std::unexpected("\"" + printable(user) + "\" can have no units: the name should be " +
                           std::string(kUserNameRule));
  }
  if (!is_booted(paths.booted)) {
    return std::unexpected("this host was not booted by systemd: it has no units");
  }
  std::vector<std::string> arguments = {"systemctl", "--no-pager", "--no-ask-password"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const auto finished = run({.path = paths.systemctl,
                             .arguments = std::move(arguments),
                             .environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}},
                            Deadline::in(kSystemctlNeeds), kGrace, kMaxOutput);
  if (!finished) {
    return std::unexpected("cannot start " + paths.systemctl + ": " + errno_text(finished.error()));
  }
  if (finished->wait_status != 0) return std::unexpected(failure_of(*finished, words.front()));
  return finished->standard_output;
}

std::expected<void, std::string> done(const std::expected<std::string, std::string>& output) {
  if (!output) return std::unexpected(output.error());
  return {};
}

}  // namespace

std::expected<UnitsState, std::string> ThisHost::units(const std::string& user) {
  if (!is_booted(paths_.booted)) return UnitsState::no_manager;
  const auto output = systemctl(paths_, user,
                                {"show", "--property=UnitFileState,ActiveState", sync_timer(user),
                                 watch_service(user), watch_timer(user)});
  if (!output) return std::unexpected(output.error());
  std::string_view rest = *output;
  const UnitFacts timer = take_facts(rest);
  const UnitFacts watch = take_facts(rest);
  return state_of(timer, watch, take_facts(rest));
}

// Not `enable --now`: only `start` says which unit does not start.
std::expected<void, std::string> ThisHost::enable_units(const std::string& user) {
  const auto enabled =
      systemctl(paths_, user, {"enable", "--quiet", sync_timer(user), watch_service(user)});
  if (!enabled) return std::unexpected(enabled.error());
  return done(systemctl(paths_, user, {"start", sync_timer(user), watch_service(user)}));
}

// A sync that is under way is left to end by itself: it may be in the middle of a refresh.
std::expected<void, std::string> ThisHost::disable_units(const std::string& user) {
  const auto disabled =
      systemctl(paths_, user, {"disable", "--quiet", sync_timer(user), watch_service(user)});
  if (!disabled) return std::unexpected(disabled.error());
  return done(
      systemctl(paths_, user, {"stop", sync_timer(user), watch_service(user), watch_timer(user)}));
}

}  // namespace claude_auth
