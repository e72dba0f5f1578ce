// private-memory: the private memory that a program and those it starts hold at their peak.
//
//   private-memory PROGRAM ARGUMENT...
//
// Prints a line for each program that was executed, when it ends: its KiB, then its command line.
// Private is what /proc/PID/smaps_rollup calls Private_Dirty: pages that nobody else has and no
// file can give back. It shrinks in system calls only, so it is looked at before each (ptrace(2)).
// The exit status is PROGRAM's.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

namespace {

struct Peak {
  long kib = 0;
  std::string command;
};

std::string file_of(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

/// 0 where the process has ended meanwhile.
long private_kib(pid_t pid) {
  std::ifstream rollup(file_of(pid, "smaps_rollup"));
  std::string word;
  long kib = 0;
  while (rollup >> word) {
    if (word == "Private_Dirty:") rollup >> kib;
  }
  return kib;
}

std::string command_of(pid_t pid) {
  std::ifstream file(file_of(pid, "cmdline"));
  std::string line;
  std::getline(file, line);
  if (!line.empty()) line.pop_back();
  std::ranges::replace(line, '\0', ' ');
  return line;
}

[[noreturn]] void become(char** command) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  ::execv(command[0], command);
  ::_exit(127);
}

void end_of(std::map<pid_t, Peak>& peaks, pid_t pid) {
  const auto peak = peaks.find(pid);
  if (peak == peaks.end()) return;
  if (!peak->second.command.empty())
    std::printf("%ld %s\n", peak->second.kib, peak->second.command.c_str());
  peaks.erase(peak);
}

/// The signal with which a stopped process goes on; what the stop was for is done.
int handle_stop(std::map<pid_t, Peak>& peaks, pid_t pid, int status) {
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == PTRACE_EVENT_EXEC) {
    end_of(peaks, pid);
    peaks[pid].command = command_of(pid);
    return 0;
  }
  if (signal == (SIGTRAP | 0x80)) {
    Peak& peak = peaks[pid];
    peak.kib = std::max(peak.kib, private_kib(pid));
    return 0;
  }
  const bool begins = signal == SIGSTOP && !peaks.contains(pid);
  if (begins) peaks[pid];
  return event != 0 || begins ? 0 : signal;
}

int trace(pid_t program) {
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  std::map<pid_t, Peak> peaks;
  int exit_status = EXIT_FAILURE;
  int status = 0;
  while (true) {
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid < 0) return exit_status;
    if (!WIFSTOPPED(status)) {
      end_of(peaks, pid);
      if (pid == program) exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
      continue;
    }
    if (pid == program && peaks.empty()) ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, kOptions);
    const int signal = handle_stop(peaks, pid, status);
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, static_cast<long>(signal));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return EXIT_FAILURE;
  const pid_t program = ::fork();
  if (program == 0) become(argv + 1);
  return trace(program);
}
