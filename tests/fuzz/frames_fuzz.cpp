// store/frame: what comes over the socketpair between claude-auth-sync and claude-auth-store.
#include "store/frame.h"

#include <sys/socket.h>

#include <array>

#include "base/unique_fd.h"
#include "fuzz/fuzz.h"

namespace claude_auth {
namespace {

/// A socket from which all of `input` can be read, and then its end.
UniqueFd socket_with(std::string_view input) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) ::abort();
  const UniqueFd writing(ends[0]);
  const ssize_t sent = ::send(writing.get(), input.data(), input.size(), MSG_NOSIGNAL);
  fuzz::require(sent == static_cast<ssize_t>(input.size()), "a socket holds an input");
  return UniqueFd(ends[1]);
}

}  // namespace

void fuzz::take(std::string_view input) {
  const UniqueFd socket = socket_with(input);
  std::size_t at = 0;
  for (;;) {
    const auto frame = receive_frame(socket.get(), Deadline::in(std::chrono::seconds(1)));
    if (!frame) return require(frame.error() != FrameError::timed_out, "an end is noticed");
    require(!frame->empty() && frame->size() <= kMaxFrame, "a frame has a frame's length");
    require(input.substr(at + 4, frame->size()) == *frame, "a frame is what was sent");
    at += 4 + frame->size();
  }
}

}  // namespace claude_auth
