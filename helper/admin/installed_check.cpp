#include "admin/installed_check.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "base/errors.h"
#include "base/trimmed.h"

namespace claude_auth {
namespace {

constexpr mode_t kWritableByOthers = 0022;
constexpr mode_t kRunnable = 0111;

// In the order in which systemd.unit(5) takes them; the vendor's directory is the tree's.
constexpr std::array kUnitPlaces = {"/etc/systemd/system/", "/run/systemd/system/",
                                    "/usr/local/lib/systemd/system/"};

constexpr std::array kUnits = {"claude-auth-sync@.service",     "claude-auth-sync@.timer",
                               "claude-auth-watch@.service",    "claude-auth-watch@.timer",
                               "claude-auth-provision.service", "claude-auth-provision.timer",
                               "claude-auth-metrics.service",   "claude-auth-metrics.timer"};

/// A timer of the host's own, which not every host wants.
struct HostTimer {
  const char* unit;
  const char* without;  ///< what a host without it lacks
};

constexpr std::array kHostTimers = {
    HostTimer{"claude-auth-provision.timer", "the roster is carried out by hand only"},
    HostTimer{"claude-auth-metrics.timer", "there are no metrics, so no alerts on them"}};

/// Who else than the owner could change `path`, or put something else in its place, in words.
std::optional<std::string> changeable(const HostTree& tree, const std::string& path) {
  for (std::string at = path; !at.empty(); at.erase(at.rfind('/'))) {
    struct stat found{};
    if (::stat((tree.root + at).c_str(), &found) != 0) return at + ": " + errno_text(errno);
    if (found.st_uid != tree.owner) return at + " is not root's: `chown root:root " + at + "`";
    if ((found.st_mode & kWritableByOthers) != 0) {
      return at + " can be changed by others than root: `chmod go-w " + at + "`";
    }
  }
  return std::nullopt;
}

Finding check_file(const HostTree& tree, const std::string& what, const std::string& path,
                   mode_t needed) {
  struct stat found{};
  if (::stat((tree.root + path).c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return {Status::fail, what + " is not installed: there is no " + path};
  }
  if ((found.st_mode & (S_ISUID | S_ISGID)) != 0) {
    return {Status::fail, path + " changes who runs it: `chmod ug-s " + path + "`"};
  }
  if ((found.st_mode & needed) != needed) {
    return {Status::fail, "not everybody can use " + path + ": `chmod 0755 " + path + "`"};
  }
  if (const auto who = changeable(tree, path)) return {Status::fail, *who};
  return {Status::ok, what + " is " + path};
}

/// The path, below the root, of what systemd takes for `unit`; empty where there is none.
std::string effective_unit(const HostTree& tree, const std::string& unit) {
  struct stat found{};
  for (const char* place : kUnitPlaces) {
    const std::string path = place + unit;
    if (::lstat((tree.root + path).c_str(), &found) == 0) return path;
  }
  const std::string path = tree.unit_dir + "/" + unit;
  return ::lstat((tree.root + path).c_str(), &found) == 0 ? path : std::string();
}

bool is_masked(const std::string& path) {
  std::error_code ignored;
  const auto target = std::filesystem::read_symlink(path, ignored);
  if (target == "/dev/null") return true;
  return std::filesystem::is_regular_file(path, ignored) &&
         std::filesystem::file_size(path, ignored) == 0;
}

/// The programs that the unit at `path` starts, without systemd's prefixes.
std::vector<std::string> programs_of(const std::string& path) {
  std::vector<std::string> programs;
  std::ifstream unit(path);
  for (std::string line; std::getline(unit, line);) {
    if (!line.starts_with("ExecStart=")) continue;
    std::string_view command = trimmed(std::string_view(line).substr(sizeof "ExecStart=" - 1));
    command.remove_prefix(std::min(command.find('/'), command.size()));
    programs.emplace_back(command.substr(0, command.find_first_of(" \t")));
  }
  std::erase(programs, std::string());
  return programs;
}

std::optional<Finding> unit_fault(const HostTree& tree, const std::string& unit) {
  const std::string path = effective_unit(tree, unit);
  if (path.empty()) return Finding{Status::fail, "the unit " + unit + " is not installed"};
  if (is_masked(tree.root + path)) {
    return Finding{Status::fail, path + " masks the unit: `systemctl unmask " + unit + "`"};
  }
  for (const std::string& program : programs_of(tree.root + path)) {
    struct stat found{};
    const bool there = ::stat((tree.root + program).c_str(), &found) == 0;
    if (!there || !S_ISREG(found.st_mode) || (found.st_mode & kRunnable) != kRunnable) {
      return Finding{Status::fail,
                     path + " starts " + program + ", which cannot be run: correct it"};
    }
  }
  return std::nullopt;
}

Finding judge_timer(const HostTree& tree, const HostTimer& timer) {
  const std::string unit = timer.unit;
  struct stat found{};
  const std::string link = tree.root + "/etc/systemd/system/timers.target.wants/" + unit;
  if (::lstat(link.c_str(), &found) == 0) return {Status::ok, unit + " is enabled"};
  return {Status::ok, unit + " is not enabled: " + timer.without + "; `systemctl enable --now " +
                          unit + "` where that is not meant"};
}

}  // namespace

Findings check_installed(const HostTree& tree) {
  return {check_file(tree, "the module", tree.security_dir + "/pam_claude.so", 0444),
          check_file(tree, "the helper", tree.helper, 0555),
          check_file(tree, "the store's program", tree.store, 0555)};
}

Findings check_units(const HostTree& tree) {
  Findings findings;
  for (const char* unit : kUnits) {
    if (auto fault = unit_fault(tree, unit)) findings.push_back(std::move(*fault));
  }
  if (findings.empty()) findings.push_back({Status::ok, "the units are installed"});
  for (const HostTimer& timer : kHostTimers) findings.push_back(judge_timer(tree, timer));
  return findings;
}

}  // namespace claude_auth
