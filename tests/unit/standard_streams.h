// Standard input and output of a job that a test runs in its own process.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "temporary_directory.h"

namespace claude_auth::test {

/// While it lives, standard input is a pipe with `text`, which fits into one, and its end.
class PipedInput {
 public:
  explicit PipedInput(std::string_view text) : saved_(::dup(STDIN_FILENO)) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ::abort();
    const UniqueFd reading(ends[0]);
    const UniqueFd writing(ends[1]);
    ::dup2(reading.get(), STDIN_FILENO);
    const ssize_t written = ::write(writing.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) ::abort();
  }
  PipedInput(const PipedInput&) = delete;
  PipedInput& operator=(const PipedInput&) = delete;
  ~PipedInput() { ::dup2(saved_.get(), STDIN_FILENO); }

 private:
  UniqueFd saved_;
};

/// What `body` prints to standard output.
[[nodiscard]] std::string output_of(std::invocable auto body) {
  const TemporaryDirectory dir;
  const std::string path = dir / "output";
  std::fflush(stdout);
  const UniqueFd saved(::dup(STDOUT_FILENO));
  const UniqueFd file(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  ::dup2(file.get(), STDOUT_FILENO);
  body();
  std::fflush(stdout);
  ::dup2(saved.get(), STDOUT_FILENO);
  return contents(path);
}

}  // namespace claude_auth::test
