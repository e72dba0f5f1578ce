#include "jobs/watch_child.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "base/errors.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

constexpr std::chrono::seconds kLimit{90};
constexpr std::chrono::seconds kGrace{5};

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** one = environ; *one != nullptr; ++one)
    // The manager hears from the watch alone.
    if (!std::string_view(*one).starts_with("NOTIFY_SOCKET=")) variables.emplace_back(*one);
  return variables;
}

}  // namespace

std::string own_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : "";
}

WatchChild::WatchChild(Task task, Child child, UniqueFd output)
    : task_(task),
      child_(std::move(child)),
      output_(std::move(output)),
      limit_(Deadline::in(kLimit)) {}

std::expected<WatchChild, std::string> WatchChild::back_up(const std::string& program,
                                                           const Secret& login) {
  return start(program, Task::backup, pipe_holding(login.view()));
}

std::expected<WatchChild, std::string> WatchChild::ask_store(const std::string& program) {
  return start(program, Task::ask_store, UniqueFd());
}

std::expected<WatchChild, std::string> WatchChild::start(const std::string& program, Task task,
                                                         std::expected<UniqueFd, int> input) {
  const auto not_started = [&](int error) {
    return std::unexpected("cannot start " + program + ": " + errno_text(error));
  };
  if (!input) return not_started(input.error());
  Command command{.path = program,
                  .arguments = {"claude-auth-sync"},
                  .environment = own_environment(),
                  .standard_input = std::move(*input)};
  for (const char* argument :
       task == Task::backup ? std::array{"backup", "--from-stdin"} : std::array{"login", "--codes"})
    command.arguments.emplace_back(argument);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return not_started(errno);
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  auto child = Child::start(std::move(command), writing.get(), -1);
  if (!child) return not_started(child.error());
  return WatchChild(task, std::move(*child), std::move(reading));
}

// It may hold Claude's locks, which it gives back before it heeds a TERM.
bool WatchChild::end() {
  return child_.stop(kGrace) == 0;
}

// The child has logged what it found; its codes tell whether a person has to act.
bool WatchChild::needs_person() const {
  std::array<char, login_pipe::kMaxBytes> said{};
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  const ssize_t length = ::read(output_.get(), said.data(), said.size());
  const std::string_view codes(said.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::string needed = std::string{login_pipe::kNotice, ' '} +
                             std::to_string(static_cast<int>(login_pipe::Notice::login_needed));
  const bool person = codes.contains(needed + ' ');
  sodium_memzero(said.data(), said.size());
  return person;
}

}  // namespace claude_auth
