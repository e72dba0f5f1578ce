#include "typing_person.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace claude_auth::testing {

TypingPerson::TypingPerson(std::string text) : text_(std::move(text)) {
  keyboard_ = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!keyboard_ || ::grantpt(keyboard_.get()) != 0 || ::unlockpt(keyboard_.get()) != 0) return;
  terminal_ = UniqueFd(::open(::ptsname(keyboard_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
}

bool TypingPerson::sit_down_at() const {
  return ::setsid() >= 0 && ::ioctl(terminal_.get(), TIOCSCTTY, 0) == 0 &&
         ::dup2(terminal_.get(), STDIN_FILENO) == STDIN_FILENO;
}

bool TypingPerson::asked() {
  if (std::exchange(typed_, true)) return false;
  if (::write(keyboard_.get(), text_.data(), text_.size()) < 0) std::perror("typing");
  return true;
}

bool TypingPerson::echoes() const {
  termios settings{};
  return ::tcgetattr(terminal_.get(), &settings) == 0 && (settings.c_lflag & ECHO) != 0;
}

std::string TypingPerson::shown() const {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(keyboard_.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return text;
}

}  // namespace claude_auth::testing
