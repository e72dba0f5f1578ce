// memory-scan FILE PROGRAM ARGUMENT...: runs PROGRAM and, when it and each process that it starts
// is about to end, looks through all of its memory for pieces of the words in FILE. Prints a line
// for each: its name and how many pieces are there. Exits as PROGRAM does. Needs root.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace {

// A piece this long does not turn up by chance.
constexpr std::size_t kPiece = 12;

using Words = std::vector<std::string>;

Words words_of(const char* path) {
  Words words;
  std::ifstream file(path);
  for (std::string word; file >> word;) words.push_back(word);
  return words;
}

std::size_t pieces_in(std::string_view memory, const Words& words) {
  std::size_t count = 0;
  for (const std::string& word : words) {
    for (std::size_t at = 0; at + kPiece <= word.size(); ++at) {
      if (memory.find(std::string_view(word).substr(at, kPiece)) != memory.npos) ++count;
    }
  }
  return count;
}

std::string name_of(pid_t pid) {
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), name);
  return name;
}

void scan(pid_t pid, const Words& words) {
  const std::string process = "/proc/" + std::to_string(pid);
  const claude_auth::UniqueFd memory(::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::ifstream maps(process + "/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx r", &from, &to) != 2) continue;
    std::string bytes(to - from, '\0');
    const ssize_t got = ::pread(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (got > 0) count += pieces_in({bytes.data(), static_cast<std::size_t>(got)}, words);
  }
  std::printf("%s %zu\n", name_of(pid).c_str(), count);
}

/// The signal to go on with after a stop: none for a stop that is the tracing's own.
int signal_of(int status) {
  const int signal = WSTOPSIG(status);
  return (status >> 16) != 0 || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

int follow(pid_t program, const Words& words) {
  int exit_status = 1;
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status)) {
      if (status >> 16 == PTRACE_EVENT_EXIT) scan(pid, words);
      ::ptrace(PTRACE_CONT, pid, nullptr, signal_of(status));
    } else if (pid == program && WIFEXITED(status)) {
      exit_status = WEXITSTATUS(status);
    }
  }
  return exit_status;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const Words words = words_of(arguments[1]);
  const pid_t program = ::fork();
  if (program == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(126);
    ::raise(SIGSTOP);
    ::execvp(arguments[2], arguments + 2);
    ::_exit(127);
  }
  int status = 0;
  if (::waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) return 1;
  constexpr long kOptions = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  ::ptrace(PTRACE_SETOPTIONS, program, nullptr, kOptions);
  ::ptrace(PTRACE_CONT, program, nullptr, 0);
  return follow(program, words);
}
