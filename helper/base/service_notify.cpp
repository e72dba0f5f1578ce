#include "base/service_notify.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"

namespace claude_auth {
namespace {

std::string_view notify_address() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  return path == nullptr ? std::string_view() : std::string_view(path);
}

}  // namespace

bool has_service_manager() {
  return !notify_address().empty();
}

bool is_journal_stream(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info{};
  return stream != nullptr && ::fstat(fd, &info) == 0 &&
         stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

void notify_service_manager(std::string_view state) {
  const std::string_view path = notify_address();
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  // sd_notify(3): a leading @ means the abstract namespace.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // A service manager that does not hear is none of the watch's troubles.
  if (::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), length) < 0)
    return;
}

}  // namespace claude_auth
