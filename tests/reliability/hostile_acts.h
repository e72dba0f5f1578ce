// What a user who owns his home does to it, and to his processes, while sessions of his are opened.
#pragma once

#include <sys/types.h>

#include <string>

namespace claude_auth::testing {

/// A person with a home.
struct Person {
  std::string name;
  std::string home;
  uid_t uid;
  gid_t gid;
};

/// The person of the password database. Aborts where there is none.
[[nodiscard]] Person person_called(const std::string& name);

/// Becomes the person for good, with one group. Aborts where that fails.
void become(const Person& person);

/// Whether a helper runs, of whoever it is.
[[nodiscard]] bool helper_runs();

/// What he does, again and again.
enum class Act {
  rename,  ///< trades each file and directory that ours use for a trap, and back
  stop,    ///< sends SIGSTOP to every helper, and to every process that is to become one
  kill,    ///< sends SIGKILL likewise
  trace,   ///< attaches likewise, as a debugger that never lets go
  lock,    ///< holds our locks
};

struct HostileShared;

/// Does one thing without end, as the person, in a process of its own, until destroyed.
class HostileUser {
 public:
  /// Returns once it has begun. `victim`: whose files the traps lead to.
  HostileUser(Act act, const Person& person, const Person& victim);
  ~HostileUser();
  HostileUser(const HostileUser&) = delete;
  HostileUser& operator=(const HostileUser&) = delete;

  /// How often it was done: names traded, processes that were reached, locks held.
  [[nodiscard]] unsigned long done() const;
  /// How often he got hold of a process that still has root's memory.
  [[nodiscard]] unsigned long breaches() const;

 private:
  HostileShared* shared_;
  pid_t pid_;
};

}  // namespace claude_auth::testing
