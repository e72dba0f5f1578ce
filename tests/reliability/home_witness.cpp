#include "home_witness.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace claude_auth::testing {
namespace {

constexpr std::string_view kHomes = "/home/";

[[noreturn]] void broken(const char* what) {
  std::perror(what);
  std::abort();
}

std::string path_of(int fd) {
  std::array<char, PATH_MAX> path{};
  const ssize_t length =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
  return {path.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// The uid that decides what `pid` may open: the last of the four in its status.
std::optional<uid_t> uid_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("Uid:")) continue;
    std::istringstream fields(line.substr(4));
    std::array<uid_t, 4> uids{};
    for (uid_t& uid : uids) fields >> uid;
    return uids[3];
  }
  return std::nullopt;
}

}  // namespace

HomeWitness::HomeWitness(std::map<std::string, uid_t, std::less<>> owners)
    : owners_(std::move(owners)),
      events_(::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC | O_LARGEFILE)),
      end_(::eventfd(0, EFD_CLOEXEC)) {
  if (!events_ || !end_) broken("fanotify_init");
  for (const char* mount : {"/home", "/root"}) {
    if (::fanotify_mark(events_.get(), FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM | FAN_ONDIR,
                        AT_FDCWD, mount) != 0) {
      broken(mount);
    }
  }
  thread_ = std::thread([this] { watch(); });
}

HomeWitness::~HomeWitness() {
  ::eventfd_write(end_.get(), 1);
  thread_.join();
}

Sights HomeWitness::take() {
  const std::scoped_lock lock(guard_);
  return std::exchange(sights_, {});
}

void HomeWitness::watch() {
  alignas(fanotify_event_metadata) std::array<char, 4096> buffer{};
  for (;;) {
    pollfd watched[] = {{events_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents != 0) return;
    auto length = ::read(events_.get(), buffer.data(), buffer.size());
    for (auto* event = reinterpret_cast<fanotify_event_metadata*>(buffer.data());
         FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
      const UniqueFd opened(event->fd);
      judge(opened.get(), event->pid);
      const fanotify_response answer{event->fd, FAN_ALLOW};
      if (::write(events_.get(), &answer, sizeof answer) < 0) broken("fanotify");
    }
  }
}

void HomeWitness::judge(int opened, pid_t opener) {
  const std::string path = path_of(opened);
  const auto uid = uid_of(opener);
  const std::scoped_lock lock(guard_);
  if (uid && is_owner(path, *uid)) {
    ++sights_.own;
  } else {
    sights_.trespasses.push_back(path + " opened by uid " + (uid ? std::to_string(*uid) : "?"));
  }
}

bool HomeWitness::is_owner(std::string_view path, uid_t uid) const {
  if (!path.starts_with(kHomes)) return false;
  path.remove_prefix(kHomes.size());
  const auto owner = owners_.find(path.substr(0, path.find('/')));
  return owner != owners_.end() && owner->second == uid;
}

}  // namespace claude_auth::testing
