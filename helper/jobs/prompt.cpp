#include "jobs/prompt.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/errors.h"
#include "base/trimmed.h"
#include "base/unique_fd.h"
#include "claude/client_lock.h"

namespace claude_auth {
namespace {

constexpr std::size_t kLongestLine = 4096;

/// Turns the terminal's echo off, and on again on every way out.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    active_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (!active_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    say("\n");
  }

  static void say(std::string_view text) {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  }

 private:
  termios before_{};
  bool active_ = false;
};

/// Readable (poll) as soon as a signal has come that is blocked now.
UniqueFd open_blocked_signals() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return UniqueFd(::signalfd(-1, &blocked, SFD_CLOEXEC));
}

/// The next byte of standard input, 0 at its end; -1 and EINTR where one of `signals` came first.
ssize_t read_byte(char& byte, const UniqueFd& signals) {
  for (;;) {
    std::array<pollfd, 2> waiting{{{STDIN_FILENO, POLLIN, 0}, {signals.get(), POLLIN, 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready > 0 && waiting[1].revents != 0) {
      errno = EINTR;
      return -1;
    }
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got >= 0 || errno != EINTR) return got;
  }
}

}  // namespace

std::expected<Secret, std::string> read_secret(const char* question) {
  // Ctrl-C is let in when nothing is left of what was typed, and the terminal echoes again.
  const SignalBlock no_polite_death;
  const UniqueFd signals = open_blocked_signals();
  std::string line;
  line.reserve(kLongestLine + 1);
  {
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    // Silence first: who answers a question at once must not be heard, nor lost.
    const auto silence = terminal ? std::make_unique<NoEcho>() : nullptr;
    if (terminal) NoEcho::say(question);
    // One byte at a time: what follows the line belongs to the next reader.
    for (char byte = 0; line.size() <= kLongestLine;) {
      const ssize_t got = read_byte(byte, signals);
      if (got < 0) {
        const int error = errno;
        wipe(line);
        return std::unexpected("standard input: " + errno_text(error));
      }
      if (got == 0 || byte == '\n') break;
      line += byte;
    }
  }
  if (line.size() > kLongestLine) {
    wipe(line);
    return std::unexpected("standard input: no token is that long");
  }
  Secret secret = Secret::copy_of(trimmed(line));
  wipe(line);
  wipe_stack();
  return secret;
}

}  // namespace claude_auth
