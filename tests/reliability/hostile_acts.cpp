#include "hostile_acts.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <string_view>
#include <vector>

#include "renaming_loop.h"

namespace claude_auth::testing {

/// What the user's process and the test's both see.
struct HostileShared {
  std::atomic<unsigned long> done = 0;
  std::atomic<unsigned long> breaches = 0;
  std::atomic<bool> enough = false;
};

namespace {

const std::string kHelper = "claude-auth-syn";  // as much of it as /proc/PID/comm keeps

[[noreturn]] void broken(const std::string& what) {
  std::perror(what.c_str());
  std::abort();
}

std::string name_of(const std::filesystem::path& process) {
  std::ifstream comm(process / "comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

/// The processes called `name`.
std::vector<pid_t> called(std::string_view name) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 1 && name_of(entry.path()) == name) found.push_back(pid);
  }
  return found;
}

bool attach(pid_t pid) {
  return ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0 &&
         ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0;
}

/// One look at every process that is a helper, or has the host's name and memory and may become
/// one. `reached`: those that were before.
void reach_helpers(Act act, const std::string& host, std::set<pid_t>& reached,
                   HostileShared& shared) {
  for (const std::string& name : {kHelper, host}) {
    for (const pid_t pid : called(name)) {
      const bool done =
          act == Act::trace ? attach(pid) : ::kill(pid, act == Act::stop ? SIGSTOP : SIGKILL) == 0;
      if (!done) continue;
      reached.insert(pid);
      // Still so once he holds it: he could read what sshd has in memory.
      if (act == Act::trace && name_of("/proc/" + std::to_string(pid)) == host) ++shared.breaches;
    }
  }
  shared.done = reached.size();
  while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
}

/// Holds what a helper of the person has to take before it changes anything.
void hold_locks(const Person& person, HostileShared& shared) {
  const std::string state = person.home + "/.local/state/claude-auth-sync/";
  for (const char* name : {"lock", "login.lock", "change.lock"}) {
    const int fd = ::open((state + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::flock(fd, LOCK_EX) != 0) broken(state + name);
  }
  shared.done = 3;
}

void do_for_ever(Act act, const Person& person, const std::string& host, HostileShared& shared) {
  become(person);
  if (act == Act::lock) hold_locks(person, shared);
  std::set<pid_t> reached;
  while (!shared.enough) {
    if (act != Act::lock) reach_helpers(act, host, reached, shared);
    ::sched_yield();
  }
}

}  // namespace

Person person_called(const std::string& name) {
  const passwd* const account = ::getpwnam(name.c_str());
  if (account == nullptr) broken(name);
  return {name, account->pw_dir, account->pw_uid, account->pw_gid};
}

bool helper_runs() {
  return !called(kHelper).empty();
}

void become(const Person& person) {
  if (::setgroups(1, &person.gid) != 0 || ::setresgid(person.gid, person.gid, person.gid) != 0 ||
      ::setresuid(person.uid, person.uid, person.uid) != 0) {
    broken(person.name);
  }
}

HostileUser::HostileUser(Act act, const Person& person, const Person& victim) {
  void* const page = ::mmap(nullptr, sizeof(HostileShared), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) broken("mmap");
  shared_ = new (page) HostileShared;
  const std::string host = name_of("/proc/self");
  pid_ = ::fork();
  if (pid_ < 0) broken("fork");
  if (pid_ == 0) {
    // Its own, or it would take itself for a helper.
    ::prctl(PR_SET_NAME, "attacker", 0L, 0L, 0L);
    ::prctl(PR_SET_PDEATHSIG, static_cast<long>(SIGKILL), 0L, 0L, 0L);
    if (act == Act::rename) {
      RenamingLoop(person, victim).run(shared_->done, shared_->enough);
    } else {
      do_for_ever(act, person, host, *shared_);
    }
    ::_exit(EXIT_SUCCESS);
  }
  // Names begin to change, and locks are held, before the first login; signals need one to reach.
  const bool waits = act == Act::rename || act == Act::lock;
  while (waits && shared_->done == 0 && ::kill(pid_, 0) == 0) ::sched_yield();
}

HostileUser::~HostileUser() {
  shared_->enough = true;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_ || status != 0) broken("the hostile user's process");
  ::munmap(shared_, sizeof(HostileShared));
}

unsigned long HostileUser::done() const {
  return shared_->done;
}

unsigned long HostileUser::breaches() const {
  return shared_->breaches;
}

}  // namespace claude_auth::testing
