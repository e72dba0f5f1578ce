#include "renaming_loop.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/unique_fd.h"

namespace claude_auth::testing {
namespace {

constexpr const char* kTargets[] = {
    ".claude",
    ".claude/.credentials.json",
    ".claude.json",
    ".config",
    ".config/claude-auth-sync",
    ".config/claude-auth-sync/claude-oauth.env",
    ".local",
    ".local/state/claude-auth-sync",
    ".local/state/claude-auth-sync/state.json",
    ".local/state/claude-auth-sync/sync.log",
    ".local/state/claude-auth-sync/last-status.json",
    ".local/state/claude-auth-sync/login.lock",
    ".local/state/claude-auth-sync/change.lock",
    ".local/state/claude-auth-sync/client-locks.json",
    ".local/share/claude-auth-sync",
    ".local/share/claude-auth-sync/store",
};

// Every so many trades the login is lost, so that there is something to restore.
constexpr unsigned long kTradesOfALogin = 8;
constexpr long kLongestLinger = 400'000;  // nanoseconds

constexpr char kForeignVariables[] =
    "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-TEST-planted\nLD_PRELOAD=/home/planted.so\n";

bool write_new(const std::string& path, const char* text, off_t size) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return file && ::dprintf(file.get(), "%s", text) >= 0 &&
         (size == 0 || ::ftruncate(file.get(), size) == 0);
}

/// Root for as long as it lives, in a process that only looks like the person.
class AsRoot {
 public:
  AsRoot() : uid_(::geteuid()) { set(0); }
  ~AsRoot() { set(uid_); }
  AsRoot(const AsRoot&) = delete;
  AsRoot& operator=(const AsRoot&) = delete;

 private:
  static void set(uid_t uid) {
    if (::seteuid(uid) != 0) std::abort();
  }
  uid_t uid_;
};

}  // namespace

RenamingLoop::RenamingLoop(const Person& person, const Person& victim)
    : person_(person), victim_(victim), random_(person.uid) {
  if (::setgroups(1, &person.gid) != 0 || ::setegid(person.gid) != 0 || ::seteuid(person.uid) != 0)
    std::abort();
  const std::string directory = person.home + "/traps";
  if (::mkdir(directory.c_str(), 0700) != 0) std::abort();
  for (const char* target : kTargets) targets_.push_back(person.home + "/" + target);
  for (int kind = 0; kind < static_cast<int>(Kind::kinds); ++kind) {
    traps_.push_back({static_cast<Kind>(kind), directory + "/" + std::to_string(kind)});
    make(traps_.back());
  }
}

void RenamingLoop::run(std::atomic<unsigned long>& done, const std::atomic<bool>& enough) {
  while (!enough) {
    Trap& trap = traps_[random_() % traps_.size()];
    if (!is_there(trap)) make(trap);
    if (trade(trap, targets_[random_() % targets_.size()])) ++done;
    if (done % kTradesOfALogin == 0)
      ::unlink((person_.home + "/.claude/.credentials.json").c_str());
  }
}

bool RenamingLoop::place(Kind kind, const std::string& path) const {
  const auto link_to = [&](const std::string& target) {
    return ::symlink(target.c_str(), path.c_str()) == 0;
  };
  switch (kind) {
    case Kind::link_to_root_file:
      return link_to("/root/canary");
    case Kind::link_to_root_directory:
      return link_to("/root/directory");
    case Kind::link_to_victims_login:
      return link_to(victim_.home + "/.claude/.credentials.json");
    case Kind::link_to_victims_directory:
      return link_to(victim_.home + "/.claude");
    case Kind::dangling_link:
      return link_to("/root/made-by-somebody");
    case Kind::fifo:
      return ::mkfifo(path.c_str(), 0600) == 0;
    case Kind::directory:
      return ::mkdir(path.c_str(), 0700) == 0;
    case Kind::huge_file:
      return write_new(path, "{", off_t{1} << 40);
    case Kind::foreign_variables:
      return write_new(path, kForeignVariables, 0);
    case Kind::device: {
      const AsRoot root;
      return ::mknod(path.c_str(), S_IFCHR | 0600, ::makedev(1, 5)) == 0 &&
             ::lchown(path.c_str(), person_.uid, person_.gid) == 0;
    }
    case Kind::hard_link_to_root_file: {
      const AsRoot root;
      return ::link("/home/canary", path.c_str()) == 0;
    }
    case Kind::kinds:
      break;
  }
  return false;
}

void RenamingLoop::make(Trap& trap) const {
  // What a helper left in its place goes aside; a directory may hold something.
  const std::string aside = trap.path + ".old";
  ::rename(trap.path.c_str(), aside.c_str());
  if (::unlink(aside.c_str()) != 0) {
    ::rename(aside.c_str(), (aside + "." + std::to_string(::time(nullptr))).c_str());
  }
  struct stat made{};
  if (!place(trap.kind, trap.path) || ::lstat(trap.path.c_str(), &made) != 0) {
    std::perror(trap.path.c_str());
    std::abort();
  }
  trap.inode = made.st_ino;
}

bool RenamingLoop::is_there(const Trap& trap) const {
  struct stat found{};
  return ::lstat(trap.path.c_str(), &found) == 0 && found.st_ino == trap.inode;
}

bool RenamingLoop::trade(Trap& trap, const std::string& target) {
  const char* const path = trap.path.c_str();
  if (::renameat2(AT_FDCWD, path, AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) return false;
  linger();
  // A helper may have removed the trap: then what was there just goes back.
  if (::renameat2(AT_FDCWD, path, AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) {
    ::rename(path, target.c_str());
  }
  return true;
}

void RenamingLoop::linger() {
  const timespec pause{0, static_cast<long>(random_() % kLongestLinger)};
  ::nanosleep(&pause, nullptr);
}

}  // namespace claude_auth::testing
