// A whole claude-auth-store that somebody has taken over, at its work between two requests: what it
// tries outside its job is refused, and it serves on. The same is tried from a process without the
// sandbox, where all of it succeeds.
//
//   store_sandbox bounded|full    (the same in both sizes)
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sodium.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/child.h"
#include "captive.h"
#include "double_server.h"
#include "scratch_directory.h"
#include "store/vault_store.h"

namespace claude_auth::testing {
namespace {

constexpr std::uint64_t kHere = static_cast<std::uint64_t>(AT_FDCWD);

template <typename Value>
std::string bytes_of(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::uint64_t number(long value) {
  return static_cast<std::uint64_t>(value);
}

/// Blocks in read(2) until the end of its input, which does not come.
class Sleeper {
 public:
  Sleeper() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
    Command command{.path = "/bin/cat", .arguments = {"cat"}, .environment = {}};
    command.standard_input = UniqueFd(ends_[0]);
    input_ = UniqueFd(ends_[1]);
    auto child = Child::start(std::move(command), -1, -1);
    if (!child) std::abort();
    child_.emplace(std::move(*child));
    until_it_reads();
  }
  [[nodiscard]] pid_t pid() const { return child_->pid(); }

 private:
  void until_it_reads() const {
    const std::string path = "/proc/" + std::to_string(pid()) + "/syscall";
    for (std::string text; !text.starts_with("0 "); ::poll(nullptr, 0, 1)) {
      std::ifstream file(path);
      std::getline(file, text);
    }
  }

  std::array<int, 2> ends_{};
  UniqueFd input_;
  std::optional<Child> child_;
};

/// What there is of the user's: files, a listening socket as an agent's, a process.
struct Belongings {
  ScratchDirectory home{};
  std::string credentials = home.file("credentials", "TEST");
  std::string made = home.path() + "/made";
  std::string agent = home.path() + "/agent";
  Sleeper process{};
  UniqueFd listening{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};

  Belongings() {
    const sockaddr_un address = agent_address();
    if (::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening.get(), 1) != 0)
      std::abort();
  }

  [[nodiscard]] sockaddr_un agent_address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    agent.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  [[nodiscard]] std::string proc(const char* entry) const {
    return "/proc/" + std::to_string(process.pid()) + "/" + entry;
  }
};

struct Attempt {
  const char* what;
  /// What the call returned: at least 0 where it was done.
  std::function<long(Captive&, const Belongings&)> act;
};

long open_with(Captive& captive, const std::string& path, int flags) {
  return captive.call(SYS_openat, {kHere, captive.put(path), number(flags), 0600});
}

long connect_to_agent(Captive& captive, const Belongings& own, std::uint64_t family) {
  const long fd = captive.call(SYS_socket, {family, SOCK_STREAM, 0});
  if (fd < 0) return fd;
  return captive.call(
      SYS_connect, {number(fd), captive.put(bytes_of(own.agent_address())), sizeof(sockaddr_un)});
}

long read_memory_of(Captive& captive, const Belongings& own) {
  const std::uint64_t there = captive.put("text");
  // No process but a traced one has memory of the test's; any readable address of the other one
  // will do: where its program begins is in its first mapping.
  std::ifstream maps(own.proc("maps"));
  std::uint64_t begin = 0;
  maps >> std::hex >> begin;
  const iovec to{reinterpret_cast<void*>(there), 4};
  const iovec from{reinterpret_cast<void*>(begin), 4};
  return captive.call(SYS_process_vm_readv, {number(own.process.pid()), captive.put(bytes_of(to)),
                                             1, captive.put(bytes_of(from)), 1, 0});
}

long execute(Captive& captive) {
  return captive.call(SYS_execve, {captive.put("/bin/true"), captive.put(std::string(8, '\0')),
                                   captive.put(std::string(8, '\0'))});
}

const std::vector<Attempt>& reading_attempts() {
  static const std::vector<Attempt> attempts{
      {"open a file of the user's",
       [](Captive& c, const Belongings& own) { return open_with(c, own.credentials, O_RDONLY); }},
      {"open it by openat2",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_openat2, {kHere, c.put(own.credentials), c.put(bytes_of(open_how{})),
                                     sizeof(open_how)});
       }},
      {"open it by /proc/self/root",
       [](Captive& c, const Belongings& own) {
         return open_with(c, "/proc/self/root" + own.credentials, O_RDONLY);
       }},
      {"list a directory of the user's",
       [](Captive& c, const Belongings& own) {
         return open_with(c, own.home.path(), O_RDONLY | O_DIRECTORY);
       }},
      {"open another process's environment",
       [](Captive& c, const Belongings& own) {
         return open_with(c, own.proc("environ"), O_RDONLY);
       }},
      {"open another process's memory",
       [](Captive& c, const Belongings& own) { return open_with(c, own.proc("mem"), O_RDONLY); }},
  };
  return attempts;
}

const std::vector<Attempt>& writing_attempts() {
  static const std::vector<Attempt> attempts{
      {"open it for writing",
       [](Captive& c, const Belongings& own) { return open_with(c, own.credentials, O_WRONLY); }},
      {"open it for both",
       [](Captive& c, const Belongings& own) { return open_with(c, own.credentials, O_RDWR); }},
      {"empty it by open",
       [](Captive& c, const Belongings& own) {
         return open_with(c, own.credentials, O_RDONLY | O_TRUNC);
       }},
      {"empty it by truncate",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_truncate, {c.put(own.credentials), 0});
       }},
      {"make a file",
       [](Captive& c, const Belongings& own) {
         return open_with(c, own.made, O_RDONLY | O_CREAT);
       }},
      {"make a directory",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_mkdirat, {kHere, c.put(own.made), 0700});
       }},
      {"link it",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_linkat, {kHere, c.put(own.credentials), kHere, c.put(own.made), 0});
       }},
      {"make a symbolic link",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_symlinkat, {c.put("/etc/shadow"), kHere, c.put(own.made)});
       }},
      {"rename it",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_renameat2, {kHere, c.put(own.credentials), kHere, c.put(own.made), 0});
       }},
      {"remove it",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_unlinkat, {kHere, c.put(own.credentials), 0});
       }},
      {"change its mode",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_fchmodat, {kHere, c.put(own.credentials), 0666});
       }},
      {"change its owner",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_fchownat, {kHere, c.put(own.credentials), 0, 0, 0});
       }},
      {"change its times",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_utimensat, {kHere, c.put(own.credentials), 0, 0});
       }},
  };
  return attempts;
}

const std::vector<Attempt>& process_attempts() {
  static const std::vector<Attempt> attempts{
      {"execute a program", [](Captive& c, const Belongings&) { return execute(c); }},
      {"execute one by execveat",
       [](Captive& c, const Belongings&) {
         return c.call(SYS_execveat, {kHere, c.put("/bin/true"), c.put(std::string(8, '\0')),
                                      c.put(std::string(8, '\0')), 0});
       }},
      {"fork", [](Captive& c, const Belongings&) { return c.call(SYS_fork, {}); }},
      {"vfork", [](Captive& c, const Belongings&) { return c.call(SYS_vfork, {}); }},
      {"clone a process",
       [](Captive& c, const Belongings&) { return c.call(SYS_clone, {SIGCHLD, 0, 0, 0, 0}); }},
      {"signal another process",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_kill, {number(own.process.pid()), 0});
       }},
      {"hold another process",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_pidfd_open, {number(own.process.pid()), 0});
       }},
      {"trace another process",
       [](Captive& c, const Belongings& own) {
         return c.call(SYS_ptrace, {PTRACE_SEIZE, number(own.process.pid()), 0, 0});
       }},
      {"read another process's memory", &read_memory_of},
      {"connect to an agent of the user's",
       [](Captive& c, const Belongings& own) { return connect_to_agent(c, own, AF_UNIX); }},
      {"connect to it by a family with more bits than an int",
       [](Captive& c, const Belongings& own) {
         return connect_to_agent(c, own, AF_UNIX | std::uint64_t{1} << 32U);
       }},
      {"make a datagram socket pair",
       [](Captive& c, const Belongings&) {
         return c.call(SYS_socketpair, {AF_UNIX, SOCK_DGRAM, 0, c.put(std::string(8, '\0'))});
       }},
      {"make a file without a name",
       [](Captive& c, const Belongings&) { return c.call(SYS_memfd_create, {c.put("made"), 0}); }},
  };
  return attempts;
}

std::vector<Attempt> all_attempts() {
  std::vector<Attempt> all = reading_attempts();
  for (const auto* more : {&writing_attempts(), &process_attempts()})
    all.insert(all.end(), more->begin(), more->end());
  return all;
}

pid_t running_store_program() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string pid, name, state, parent;
    if (stat >> pid >> name >> state >> parent && parent == std::to_string(::getpid()) &&
        name == "(claude-auth-sto)")
      return static_cast<pid_t>(std::stol(pid));
  }
  return -1;
}

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

bool reads(VaultStore& store) {
  const auto document = store.read(soon());
  if (!document) std::fprintf(stderr, "%s\n", document.error().sentence.c_str());
  return document.has_value();
}

/// How many attempts ended otherwise than they should have; each is named.
std::size_t count_wrong_without_sandbox() {
  std::size_t wrong = 0;
  for (const Attempt& attempt : all_attempts()) {
    const Belongings own;
    const Sleeper sleeper;
    Captive captive(sleeper.pid());
    const long result = attempt.act(captive, own);
    if (result >= 0) continue;
    std::fprintf(stderr, "without the sandbox: %s: %s\n", attempt.what,
                 std::strerror(static_cast<int>(-result)));
    ++wrong;
  }
  return wrong;
}

bool is_refusal(long result) {
  return result == -EPERM || result == -EACCES || result == -ENOSYS;
}

std::size_t count_wrong_inside(pid_t store_program) {
  std::size_t wrong = 0;
  for (const Attempt& attempt : all_attempts()) {
    const Belongings own;
    Captive captive(store_program);
    const long result = attempt.act(captive, own);
    if (is_refusal(result)) continue;
    std::fprintf(stderr, "inside the sandbox: %s: %s\n", attempt.what,
                 result < 0 ? std::strerror(static_cast<int>(-result)) : "done");
    ++wrong;
  }
  return wrong;
}

int prove() {
  const DoubleServer server;
  VaultSettings settings;
  settings.address = server.address();
  VaultStore store(settings, "workstation/claude-users/emo", Secret::copy_of(server.root_token()),
                   CLAUDE_AUTH_STORE_BUILT);
  if (!reads(store)) return EXIT_FAILURE;
  const pid_t program = running_store_program();
  if (!store.warning().empty() || program < 0) {
    std::fprintf(stderr, "no claude-auth-store in a whole sandbox: %s\n", store.warning().c_str());
    return EXIT_FAILURE;
  }
  const std::size_t wrong = count_wrong_inside(program) + count_wrong_without_sandbox();
  if (!reads(store) || running_store_program() != program) {
    std::fprintf(stderr, "claude-auth-store does not serve on\n");
    return EXIT_FAILURE;
  }
  std::printf(
      "figure: | what a claude-auth-store that was taken over tries | refused in its sandbox "
      "| done without |\n");
  std::printf("figure: | --- | --- | --- |\n");
  for (const auto& [what, attempts] :
       {std::pair{"to read files of the user's and of processes", &reading_attempts()},
        {"to write, make, rename and remove files", &writing_attempts()},
        {"to execute, to reach processes and local sockets", &process_attempts()}})
    std::printf("figure: | %s | %zu of %zu | %zu of %zu |\n", what, attempts->size(),
                attempts->size(), attempts->size(), attempts->size());
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// The sentence why this machine cannot show it, or nothing.
const char* why_not() {
  if (::geteuid() != 0) return "needs root";
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) <= 0)
    return "this kernel has no Landlock";
  return nullptr;
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  if (const char* reason = claude_auth::testing::why_not(); reason != nullptr) {
    std::printf("SKIP: %s\n", reason);
    return 77;
  }
  if (::sodium_init() < 0) return EXIT_FAILURE;
  return claude_auth::testing::prove();
}
