#include "system_call_faults.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace claude_auth::testing {
namespace {

constexpr long kWrites[] = {SYS_write, SYS_pwrite64, SYS_sendto};
constexpr long kChanges[] = {SYS_write,    SYS_pwrite64, SYS_sendto,    SYS_writev, SYS_sendmsg,
                             SYS_rename,   SYS_renameat, SYS_renameat2, SYS_fsync,  SYS_fdatasync,
                             SYS_mkdir,    SYS_mkdirat,  SYS_link,      SYS_linkat, SYS_unlink,
                             SYS_unlinkat, SYS_rmdir,    SYS_ftruncate, SYS_fchmod};
constexpr char kOurPrograms[] = "claude-auth-";

[[noreturn]] void give_up(const char* call) {
  std::perror(call);
  std::exit(1);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// The program, stopped at its exec.
pid_t start(const Command& program) {
  const std::vector<char*> arguments = pointers(program.arguments);
  const std::vector<char*> environment = pointers(program.environment);
  const pid_t pid = ::fork();
  if (pid < 0) give_up("fork");
  if (pid > 0) return pid;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(program.standard_input ? program.standard_input.get() : null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  ::setpgid(0, 0);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0)
    ::execve(program.path.c_str(), arguments.data(), environment.data());
  ::_exit(127);
}

bool runs_our_program(pid_t pid) {
  std::error_code error;
  const auto program =
      std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  return program.filename().string().starts_with(kOurPrograms);
}

/// Kills `program` once `limit` has passed.
class TimeLimit {
 public:
  TimeLimit(pid_t program, Millis limit)
      : thread_([this, program, limit](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, over, limit, [] { return false; }) || over.stop_requested())
            return;
          passed_ = true;
          ::kill(program, SIGKILL);
        }) {}

  [[nodiscard]] bool passed() const { return passed_; }

 private:
  std::atomic<bool> passed_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

class Supervisor {
 public:
  Supervisor(pid_t first, const std::optional<SystemCallFault>& fault,
             const BeforeWaiting& before_waiting)
      : first_(first), fault_(fault), before_waiting_(before_waiting) {
    processes_.emplace(first, Process{});
  }

  TracedRun run();

 private:
  struct Process {
    bool counts = false;
    bool born = true;  // its first stop has been seen
    std::optional<long> result;
  };

  void stopped(pid_t pid, int status);
  void event(pid_t pid, Process& process, int event);
  void system_call(pid_t pid, Process& process);
  void enter(pid_t pid, Process& process, const SystemCall& call);
  void strike(pid_t pid, Process& process, const SystemCall& call);
  [[nodiscard]] bool can_be_struck(const SystemCall& call) const;
  void go_on(pid_t pid, int signal = 0) const;
  void set_register(pid_t pid, std::size_t offset, long value) const;

  pid_t first_;
  const std::optional<SystemCallFault>& fault_;
  const BeforeWaiting& before_waiting_;
  std::map<pid_t, Process> processes_;
  std::set<pid_t> early_;  // stopped before their parent's fork was reported
  std::size_t passed_ = 0;
  TracedRun run_;
};

TracedRun Supervisor::run() {
  while (!processes_.empty()) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) give_up("waitpid");
    if (WIFSTOPPED(status)) {
      stopped(pid, status);
      continue;
    }
    if (pid == first_) run_.wait_status = status;
    processes_.erase(pid);
  }
  return std::move(run_);
}

void Supervisor::stopped(pid_t pid, int status) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) {
    early_.insert(pid);
    return;
  }
  Process& process = found->second;
  const int signal = WSTOPSIG(status);
  if (const int what = status >> 16; what != 0) return event(pid, process, what);
  if (signal == (SIGTRAP | 0x80)) return system_call(pid, process);
  if (!std::exchange(process.born, true)) return go_on(pid);
  go_on(pid, signal);
}

void Supervisor::event(pid_t pid, Process& process, int event) {
  if (event == PTRACE_EVENT_EXEC) {
    process.counts = false;
    if (runs_our_program(pid)) return go_on(pid);
    processes_.erase(pid);
    ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
    return;
  }
  unsigned long child = 0;
  ::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child);
  const auto child_pid = static_cast<pid_t>(child);
  const bool waits = early_.erase(child_pid) > 0;
  processes_.emplace(child_pid, Process{.counts = process.counts, .born = waits, .result = {}});
  if (waits) go_on(child_pid);
  go_on(pid);
}

void Supervisor::system_call(pid_t pid, Process& process) {
  __ptrace_syscall_info info{};
  ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    SystemCall call{.number = static_cast<long>(info.entry.nr), .arguments = {}};
    std::copy_n(info.entry.args, call.arguments.size(), call.arguments.begin());
    enter(pid, process, call);
  } else if (process.result) {
    set_register(pid, offsetof(user, regs.rax), *process.result);
    process.result.reset();
  }
  go_on(pid);
}

void Supervisor::enter(pid_t pid, Process& process, const SystemCall& call) {
  if (call.number == SYS_prctl && call.arguments[0] == PR_SET_DUMPABLE) process.counts = true;
  if (pid == first_ && before_waiting_ && call.waits()) before_waiting_(pid);
  if (!process.counts || run_.harmed) return;
  if (fault_ && can_be_struck(call) && passed_++ == fault_->at) return strike(pid, process, call);
  run_.calls.push_back(call);
}

bool Supervisor::can_be_struck(const SystemCall& call) const {
  switch (fault_->harm) {
    case Harm::kill:
      return true;
    case Harm::fail:
      return call.changes_something();
    case Harm::shorten:
      break;
  }
  return call.can_be_shortened();
}

void Supervisor::strike(pid_t pid, Process& process, const SystemCall& call) {
  run_.harmed = call;
  if (fault_->harm == Harm::shorten)
    return set_register(pid, offsetof(user, regs.rdx), static_cast<long>(call.arguments[2] / 2));
  // There is no such call: nothing is carried out.
  set_register(pid, offsetof(user, regs.orig_rax), -1);
  process.result = -fault_->error;
  if (fault_->harm == Harm::kill) ::kill(pid, SIGKILL);
}

void Supervisor::go_on(pid_t pid, int signal) const {
  const auto process = processes_.find(pid);
  const bool done = run_.harmed && !process->second.result && !before_waiting_;
  // One that was killed meanwhile is no error.
  ::ptrace(done ? PTRACE_CONT : PTRACE_SYSCALL, pid, nullptr, signal);
}

void Supervisor::set_register(pid_t pid, std::size_t offset, long value) const {
  ::ptrace(PTRACE_POKEUSER, pid, offset, value);
}

}  // namespace

std::string SystemCall::name() const {
  const std::unique_ptr<char, decltype(&std::free)> name(
      ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), &std::free);
  return name ? name.get() : std::to_string(number);
}

bool SystemCall::changes_something() const {
  if (number == SYS_openat) return (arguments[2] & O_CREAT) != 0;
  return std::ranges::find(kChanges, number) != std::end(kChanges);
}

bool SystemCall::can_be_shortened() const {
  return std::ranges::find(kWrites, number) != std::end(kWrites) && arguments[2] > 1;
}

bool SystemCall::waits() const {
  return number == SYS_poll && static_cast<int>(arguments[2]) != 0;
}

TracedRun run_traced(const Command& program, const std::optional<SystemCallFault>& fault,
                     const BeforeWaiting& before_waiting, Millis limit) {
  const pid_t pid = start(program);
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) give_up("ptrace");
  if (::ptrace(PTRACE_SETOPTIONS, pid, nullptr,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0)
    give_up("ptrace");
  const TimeLimit time_limit(pid, limit);
  ::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
  TracedRun run = Supervisor(pid, fault, before_waiting).run();
  run.timed_out = time_limit.passed();
  return run;
}

}  // namespace claude_auth::testing
