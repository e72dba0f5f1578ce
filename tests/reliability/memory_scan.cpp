// memory-scan [OPTION...] FILE PROGRAM ARGUMENT...: runs PROGRAM and looks for the secrets in FILE,
// each with its name on a line, in all the memory of it and of each process that it starts. Exits
// as PROGRAM does; needs root. Prints, with tabs between:
//
//   memory   PROCESS  WAIT, "end" or "killed"  SECRET  PLACE  COPIES   (none: "-", "-", 0)
//   written  PROCESS  TO  SECRET
//   argv     PROCESS  SECRET
//   environ  PROCESS  SECRET
//   core     PROCESS  WAIT  "dumped" or "none"
//   echo     PROCESS, or "after"  "on" or "off"
//
// Processes end under its eyes in any case. With --waits N, those of ours are stopped before each
// system call as well: their memory is searched the first N times that they are about to wait for
// one thing (places: process_memory.h), and all that they write. With --crash PROCESS WAIT SIGNAL
// that process gets the signal there. With --types FILE standard input is a terminal, at which what
// is in FILE is typed as soon as a process of ours waits for it.
#include <getopt.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "process_memory.h"
#include "secret_words.h"
#include "stopped_call.h"
#include "typing_person.h"

namespace {

using namespace claude_auth::testing;

struct Crash {
  std::string process;
  std::string wait;
  int signal = 0;
};

struct Options {
  int waits = 0;
  Crash crash;
  std::optional<TypingPerson> person;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(pid_t pid, const char* entry) {
  return text_of("/proc/" + std::to_string(pid) + "/" + entry);
}

/// The kernel's name for a script; that of the program's file, which is never cut short, for ours.
std::string name_of(pid_t pid) {
  std::error_code error;
  const auto program =
      std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  if (program.filename().string().starts_with("claude-auth-")) return program.filename();
  const std::string name = text_of(pid, "comm");
  return name.substr(0, name.find('\n'));
}

/// How a process that is about to be gone came to it.
std::string end_of(pid_t pid) {
  unsigned long status = 0;
  ::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &status);
  return WIFSIGNALED(static_cast<int>(status)) ? "killed" : "end";
}

/// The signal to go on with after a stop: none for a stop that is the tracing's own.
int signal_of(int status) {
  const int signal = WSTOPSIG(status);
  return (status >> 16) != 0 || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

class Follower {
 public:
  Follower(pid_t program, SecretWords words, Options options)
      : program_(program), words_(std::move(words)), options_(std::move(options)) {}

  /// To the end of every process; the exit status of the first one.
  int follow();
  void report() const;

 private:
  using Point = std::pair<std::string, std::string>;

  /// Is it one that is looked at while it runs? `su` has our module in it.
  [[nodiscard]] bool is_ours(const std::string& name) const {
    return name.starts_with("claude-auth-") || name == "su" || name == options_.crash.process;
  }
  void stopped(pid_t pid, int status);
  void executed(pid_t pid);
  void at_system_call(pid_t pid);
  void scan(pid_t pid, const Point& point);
  void crash(pid_t pid, const Point& point);
  void type(const Point& point);
  void look_at_terminal();

  pid_t program_;
  SecretWords words_;
  Options options_;
  std::map<pid_t, bool> ours_;
  std::map<pid_t, Point> crashed_;
  std::map<Point, int> scans_;
  std::map<Point, Places> found_;
  std::set<std::string> lines_;
};

int Follower::follow() {
  int exit_status = 1;
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status)) {
      stopped(pid, status);
      continue;
    }
    if (pid == program_ && WIFEXITED(status)) exit_status = WEXITSTATUS(status);
    if (const auto crash = crashed_.find(pid); crash != crashed_.end() && WIFSIGNALED(status))
      lines_.insert("core\t" + crash->second.first + '\t' + crash->second.second + '\t' +
                    (WCOREDUMP(status) ? "dumped" : "none"));
    ours_.erase(pid);
  }
  look_at_terminal();
  return exit_status;
}

void Follower::stopped(pid_t pid, int status) {
  const int event = status >> 16;
  if (event == PTRACE_EVENT_EXEC) executed(pid);
  if (event == PTRACE_EVENT_EXIT && process_of(pid) == pid) scan(pid, {name_of(pid), end_of(pid)});
  if (!ours_.contains(pid)) ours_[pid] = is_ours(name_of(pid));
  const bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
  if (at_call) at_system_call(pid);
  const bool to_next_call = options_.waits > 0 && ours_[pid] && !crashed_.contains(pid);
  ::ptrace(to_next_call ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr,
           at_call ? 0 : signal_of(status));
}

void Follower::executed(pid_t pid) {
  const std::string name = name_of(pid);
  ours_[pid] = is_ours(name);
  for (const auto& [entry, what] : {std::pair{"cmdline", "argv\t"}, {"environ", "environ\t"}})
    for (const auto& [secret, count] : words_.copies_in(text_of(pid, entry)))
      lines_.insert(what + name + '\t' + secret);
}

void Follower::at_system_call(pid_t pid) {
  __ptrace_syscall_info info{};
  ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
  StoppedCall call{.pid = pid, .number = static_cast<long>(info.entry.nr), .arguments = {}};
  std::copy_n(info.entry.args, call.arguments.size(), call.arguments.begin());
  if (const auto wait = waits_for(call)) {
    const Point point{name_of(pid), *wait};
    scan(pid, point);
    crash(pid, point);
    type(point);
  }
  if (const auto output = written_by(call))
    for (const auto& [secret, count] : words_.copies_in(output->bytes))
      lines_.insert("written\t" + name_of(pid) + '\t' + output->target + '\t' + secret);
}

void Follower::scan(pid_t pid, const Point& point) {
  const bool ends = point.second == "end" || point.second == "killed";
  if (scans_[point]++ >= std::max(options_.waits, 1) && !ends) return;
  Places& most = found_[point];
  for (const auto& [place, copies] : find_in_memory(pid, words_))
    for (const auto& [secret, count] : copies)
      most[place][secret] = std::max(most[place][secret], count);
}

void Follower::crash(pid_t pid, const Point& point) {
  if (point != Point{options_.crash.process, options_.crash.wait} || !crashed_.empty()) return;
  crashed_[pid] = point;
  ::kill(pid, options_.crash.signal);
}

void Follower::type(const Point& point) {
  if (!options_.person || point.second != "input") return;
  const bool echoes = options_.person->echoes();
  if (options_.person->asked()) lines_.insert("echo\t" + point.first + (echoes ? "\ton" : "\toff"));
}

void Follower::look_at_terminal() {
  if (!options_.person) return;
  for (const auto& [secret, count] : words_.copies_in(options_.person->shown()))
    lines_.insert("written\tterminal\techo\t" + secret);
  lines_.insert(options_.person->echoes() ? "echo\tafter\ton" : "echo\tafter\toff");
}

void Follower::report() const {
  for (const auto& [point, places] : found_) {
    const std::string where = "memory\t" + point.first + '\t' + point.second + '\t';
    if (places.empty()) std::printf("%s-\t-\t0\n", where.c_str());
    for (const auto& [place, copies] : places)
      for (const auto& [secret, count] : copies)
        std::printf("%s%s\t%s\t%zu\n", where.c_str(), secret.c_str(), place.c_str(), count);
  }
  for (const std::string& line : lines_) std::printf("%s\n", line.c_str());
}

[[noreturn]] void usage() {
  std::fputs("memory-scan: see the head of its source\n", stderr);
  std::exit(2);
}

Options parse(int count, char** arguments) {
  static const option kOptions[] = {{"waits", required_argument, nullptr, 'w'},
                                    {"crash", required_argument, nullptr, 'c'},
                                    {"types", required_argument, nullptr, 't'},
                                    {nullptr, 0, nullptr, 0}};
  Options options;
  for (int given = 0; (given = ::getopt_long(count, arguments, "+", kOptions, nullptr)) != -1;) {
    if (given == 'w') {
      options.waits = std::atoi(optarg);
    } else if (given == 't') {
      options.person.emplace(text_of(optarg));
    } else if (given == 'c' && optind + 1 < count) {
      options.crash = {optarg, arguments[optind], std::atoi(arguments[optind + 1])};
      optind += 2;
    } else {
      usage();
    }
  }
  if (count - optind < 2) usage();
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  Options options = parse(count, arguments);
  SecretWords words(arguments[optind]);
  const pid_t program = ::fork();
  if (program == 0) {
    if (options.person && !options.person->sit_down_at()) ::_exit(126);
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(126);
    ::raise(SIGSTOP);
    ::execvp(arguments[optind + 1], arguments + optind + 1);
    ::_exit(127);
  }
  int status = 0;
  if (::waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) return 1;
  constexpr long kOptions = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD |
                            PTRACE_O_EXITKILL;
  ::ptrace(PTRACE_SETOPTIONS, program, nullptr, kOptions);
  ::ptrace(PTRACE_CONT, program, nullptr, 0);
  Follower follower(program, std::move(words), std::move(options));
  const int exit_status = follower.follow();
  follower.report();
  return exit_status;
}
