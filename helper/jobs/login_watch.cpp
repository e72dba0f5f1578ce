#include "jobs/login_watch.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

namespace claude_auth {
namespace {

// Names that come and go, and the directory itself.
constexpr std::uint32_t kNames = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t kContents = IN_CLOSE_WRITE | IN_MODIFY;
constexpr std::uint32_t kDirectoryGone =
    IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW;

constexpr Millis kPollEvery{30'000};

// Of file systems whose changes are made elsewhere (statfs(2)); linux/magic.h lacks some.
constexpr std::array<unsigned long, 8> kRemote{NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
                                               SMB2_SUPER_MAGIC, V9FS_MAGIC,      AFS_SUPER_MAGIC,
                                               CEPH_SUPER_MAGIC, FUSE_SUPER_MAGIC};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_remote(const std::string& directory) {
  struct statfs info{};
  if (::statfs(directory.c_str(), &info) != 0) return false;
  const auto type = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
  return std::ranges::find(kRemote, type) != kRemote.end();
}

std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr),
                                                           &std::free);
  return target ? target.get() : path;
}

}  // namespace

LoginWatch::LoginWatch(const Paths& paths)
    : paths_(paths), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  arm();
}

// Each path is watched by name in its directory, and that by name in the one above it, or in the
// first one further up that exists: whatever is made, replaced or removed, one of them tells.
void LoginWatch::arm() {
  for (const Watched& one : watched_) ::inotify_rm_watch(inotify_.get(), one.descriptor);
  watched_.clear();
  poll_interval_.reset();
  for (const std::string& file :
       {paths_.credentials, resolved(paths_.credentials), paths_.paused, paths_.token_env}) {
    // A home is a busy directory: only in the file's own one do contents matter.
    std::uint32_t changes = kNames | kContents;
    std::string path = file;
    for (bool above = false; path != "/"; above = true) {
      const bool there = watch(parent_of(path), name_of(path), changes);
      if (there && above) break;
      path = parent_of(path);
      changes = kNames;
    }
  }
}

bool LoginWatch::watch(const std::string& directory, const std::string& name,
                       std::uint32_t changes) {
  if (is_remote(directory)) poll_interval_ = kPollEvery;
  const int descriptor = ::inotify_add_watch(inotify_.get(), directory.c_str(), changes);
  if (descriptor < 0) {
    // No inotify, no more watches for this user, a directory that cannot be read: nobody will tell.
    if (errno != ENOENT && errno != ENOTDIR) poll_interval_ = kPollEvery;
    return false;
  }
  const auto known = std::ranges::find(watched_, descriptor, &Watched::descriptor);
  if (known == watched_.end())
    watched_.push_back({.descriptor = descriptor, .names = {name}});
  else
    known->names.push_back(name);
  return true;
}

bool LoginWatch::matters(int descriptor, const char* name) const {
  const auto where = std::ranges::find(watched_, descriptor, &Watched::descriptor);
  return where != watched_.end() &&
         std::ranges::find(where->names, std::string_view(name)) != where->names.end();
}

bool LoginWatch::drain() {
  bool look = false;
  bool rearm = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t length = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (length <= 0) break;
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof *event + event->len);
      // IN_IGNORED also follows our own inotify_rm_watch: then nobody knows the descriptor.
      const bool ours =
          std::ranges::find(watched_, event->wd, &Watched::descriptor) != watched_.end() ||
          (event->mask & IN_Q_OVERFLOW) != 0;
      if (!ours) continue;
      const bool named = event->len > 0 && matters(event->wd, event->name);
      const bool gone = (event->mask & kDirectoryGone) != 0;
      look = look || named || gone;
      rearm = rearm || gone || (named && (event->mask & (IN_ISDIR | IN_CREATE | IN_MOVED_TO)) != 0);
    }
  }
  if (rearm) arm();
  return look;
}

}  // namespace claude_auth
