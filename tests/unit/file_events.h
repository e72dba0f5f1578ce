// Waiting for what happens to a file or in a directory: inotify(7), where a test would else sleep.
#pragma once

#include <poll.h>
#include <sys/inotify.h>

#include <array>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"
#include "cmocka_cpp.h"

namespace claude_auth::test {

/// Events of one file or directory, from its making on.
class Events {
 public:
  Events(const std::string& path, std::uint32_t kinds) : fd_(::inotify_init1(IN_CLOEXEC)) {
    if (::inotify_add_watch(fd_.get(), path.c_str(), kinds) < 0) ::abort();
  }

  /// Whether one more comes within `span` ms.
  [[nodiscard]] bool one_within(int span) const {
    alignas(inotify_event) std::array<char, sizeof(inotify_event) + NAME_MAX + 1> event{};
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, span) != 1) return false;
    if (::read(fd_.get(), event.data(), event.size()) <= 0) ::abort();
    return true;
  }
  void wait_for_one() const {
    constexpr int kLongEnough = 30'000;
    if (!one_within(kLongEnough)) fail_msg("nothing happened");
  }
  template <typename Condition>
  void wait_until(Condition condition) const {
    while (!condition()) wait_for_one();
  }

 private:
  UniqueFd fd_;
};

}  // namespace claude_auth::test
