#include "base/unique_fd.h"

#include <cerrno>

namespace claude_auth {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    const int saved = errno;
    // Linux releases the descriptor even when close reports EINTR: never retried.
    ::close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

}  // namespace claude_auth
