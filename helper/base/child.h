// Starting a program of ours or Claude's: own process group, exact environment, no stray
// descriptors, bounded output, a deadline that holds.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace claude_auth {

/// What becomes of a child when the process (thread) that started it dies.
enum class WhenOrphaned {
  terminate,  ///< it gets TERM, so that none is left behind
  live_on,    ///< it ends by itself: what it does must not be broken off
};

/// Another user for a program to run as. Needs root.
struct RunAs {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;  ///< the supplementary ones, complete
};

/// What to start. Standard input is /dev/null unless `standard_input` holds a descriptor.
struct Command {
  std::string path;                      ///< absolute
  std::vector<std::string> arguments;    ///< argv, the name first; never a secret
  std::vector<std::string> environment;  ///< NAME=value, complete; the caller wipes secrets in it
  std::string working_directory = "/";
  UniqueFd standard_input{};
  WhenOrphaned when_orphaned = WhenOrphaned::terminate;
  /// That user's program gets no way back: no terminal of ours, no new privileges, umask 077.
  std::optional<RunAs> run_as{};
};

/// A pipe that holds `text` whole, its writing end closed, for `Command::standard_input`. errno
/// where the kernel gives it no such room: as root and for up to 1 MiB it does (pipe(7)).
[[nodiscard]] std::expected<UniqueFd, int> pipe_holding(std::string_view text);

/// A running child in a process group of its own, with `run_as` in a session of its own. The
/// destructor kills the group and reaps.
class Child {
 public:
  /// Starts `command` with standard output on `stdout_fd` and error on `stderr_fd` (-1:
  /// /dev/null); every other descriptor above 2 is closed in it. Signal dispositions and mask are
  /// reset. Returns errno on failure, that of a failed exec included; ETIMEDOUT where it did not
  /// get that far within 10 s. An ignored SIGCHLD of this
  /// process is set to its default: children could not be waited for.
  [[nodiscard]] static std::expected<Child, int> start(Command command, int stdout_fd,
                                                       int stderr_fd);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Readable (poll) once the child has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }

  /// Waits until the child ends or `deadline` passes. The wait status as of waitpid(2), given
  /// once; what is left of its group is killed then. ETIMEDOUT at the deadline; the child then runs
  /// on. ECHILD where it was reaped before.
  [[nodiscard]] std::expected<int, int> wait(Deadline deadline);

  /// TERM to the group, and not a word on whether it heeds it.
  void terminate();

  /// TERM to the group, `grace` to end, then KILL, then reap. Returns the wait status, 0 where the
  /// child was reaped before.
  int stop(Millis grace);

 private:
  Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

/// How a program ended and what it printed, each stream cut at the caller's cap (the rest is read
/// and dropped).
struct Finished {
  int wait_status = 0;
  bool timed_out = false;
  std::string standard_output;
  std::string standard_error;
};

/// Asked at and after the deadline: must the program be given more time?
using NotYet = std::function<bool()>;

/// Runs `command` to its end or to `deadline` (then `Child::stop` with `grace`), which is put off
/// as long as `not_yet`, asked ten times a second, says so. Ends when the program does, not at an
/// end of file that a grandchild can hold back. Returns errno where it could not be started.
[[nodiscard]] std::expected<Finished, int> run(
    Command command, Deadline deadline, Millis grace, std::size_t max_output,
    const NotYet& not_yet = [] { return false; });

}  // namespace claude_auth
