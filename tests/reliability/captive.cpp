#include "captive.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"

namespace claude_auth::testing {
namespace {

constexpr std::size_t kMemory = 1 << 16;
// The instruction of a system call, `syscall`, is so long.
constexpr std::uint64_t kSystemCall = 2;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

void must(long result, const char* what) {
  if (result == -1) give_up(what);
}

}  // namespace

Captive::Captive(pid_t pid) : pid_(pid) {
  must(::ptrace(PTRACE_SEIZE, pid_, nullptr, PTRACE_O_TRACEEXEC), "PTRACE_SEIZE");
  must(::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr), "PTRACE_INTERRUPT");
  must(::waitpid(pid_, nullptr, __WALL), "waitpid");
  must(::ptrace(PTRACE_GETREGS, pid_, nullptr, &before_), "PTRACE_GETREGS");
  const long memory = call(SYS_mmap, {0, kMemory, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, ~std::uint64_t{0}, 0});
  if (memory <= 0) give_up("no memory in the captive");
  memory_ = static_cast<std::uint64_t>(memory);
}

Captive::~Captive() {
  // As it was: an interrupted call begins anew.
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &before_);
  ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
}

long Captive::call(long number, std::initializer_list<std::uint64_t> arguments) {
  std::array<std::uint64_t, 6> six{};
  std::copy(arguments.begin(), arguments.end(), six.begin());
  user_regs_struct now = before_;
  now.rip -= kSystemCall;
  now.rax = static_cast<std::uint64_t>(number);
  now.orig_rax = ~0ULL;  // else the call that it waits in would be begun anew
  now.rdi = six[0];
  now.rsi = six[1];
  now.rdx = six[2];
  now.r10 = six[3];
  now.r8 = six[4];
  now.r9 = six[5];
  must(::ptrace(PTRACE_SETREGS, pid_, nullptr, &now), "PTRACE_SETREGS");
  must(::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr), "PTRACE_SINGLESTEP");
  int status = 0;
  must(::waitpid(pid_, &status, __WALL), "waitpid");
  if (!WIFSTOPPED(status)) give_up("the captive has ended");
  // It is another program now, which has no result of the call to show.
  if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) return 0;
  must(::ptrace(PTRACE_GETREGS, pid_, nullptr, &now), "PTRACE_GETREGS");
  return static_cast<long>(now.rax);
}

std::uint64_t Captive::put(std::string_view bytes) {
  const std::string text(bytes);
  if (used_ + text.size() + 1 > kMemory) give_up("the captive's memory is full");
  const UniqueFd memory(
      ::open(("/proc/" + std::to_string(pid_) + "/mem").c_str(), O_WRONLY | O_CLOEXEC));
  const std::uint64_t address = memory_ + used_;
  const auto written =
      ::pwrite(memory.get(), text.c_str(), text.size() + 1, static_cast<off_t>(address));
  if (written != static_cast<ssize_t>(text.size() + 1)) give_up("the captive's memory");
  used_ += (text.size() + 1 + 7) & ~std::size_t{7};
  return address;
}

}  // namespace claude_auth::testing
