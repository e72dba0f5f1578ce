// What the host keeps: its signals, its children, its descriptors and its state. Threads have a
// test of their own.
#include <dirent.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "processes.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::test::exit_status_of;
using claude_auth::test::fork_and;
using claude_auth::test::has_children;
using claude_auth::test::Host;
using claude_auth::test::Opened;
using claude_auth::test::own_name;
using claude_auth::test::Stage;

constexpr char kSayToken[] = "echo 'T sk-ant-oat01-TEST_only'";
constexpr char kToken[] = "sk-ant-oat01-TEST_only";
constexpr char kPatient[] = "refresh_timeout=20000 timeout=20000";

volatile sig_atomic_t reaped = 0;

extern "C" void reap_every_child(int) {
  const int saved = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) reaped = reaped + 1;
  errno = saved;
}

/// SIGCHLD is handled so while this lives.
class OnChild {
 public:
  OnChild(void (*handler)(int), int flags) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = flags;
    ::sigaction(SIGCHLD, &action, &before_);
  }
  ~OnChild() { ::sigaction(SIGCHLD, &before_, nullptr); }
  OnChild(const OnChild&) = delete;
  OnChild& operator=(const OnChild&) = delete;

 private:
  struct sigaction before_{};
};

void assert_served(const Stage& stage) {
  const Opened opened = stage.open(kPatient);
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.token == kToken);
  assert_int_equal(opened.log.size(), 0);
}

void host_that_ignores_its_children_is_served(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const OnChild ignored(SIG_IGN, 0);
  assert_served(stage);
}

void host_that_wants_no_zombies_is_served(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const OnChild no_zombies(SIG_DFL, SA_NOCLDWAIT);
  assert_served(stage);
}

void host_that_reaps_every_child_is_served(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const OnChild reaping(reap_every_child, 0);
  reaped = 0;
  assert_served(stage);
  assert_int_equal(reaped, 0);
}

void failure_is_seen_where_children_are_ignored(void**) {
  const Stage stage;
  stage.helper_script("exit 5");
  const OnChild ignored(SIG_IGN, 0);
  assert_true(stage.open(kPatient).logged(LOG_WARNING, "helper failed with status 5"));
}

void no_child_is_left(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  assert_served(stage);
  assert_false(has_children());
}

void no_child_is_left_by_a_missing_helper(void**) {
  const Stage stage;
  assert_int_equal(stage.open().result, PAM_SESSION_ERR);
  assert_false(has_children());
}

void child_of_the_host_stays_the_hosts(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const pid_t child = fork_and([] { return 7; });
  siginfo_t info{};
  assert_int_equal(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  assert_served(stage);
  assert_int_equal(exit_status_of(child), 7);
}

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return {target.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// How one signal is handled, without the bytes of struct sigaction that the kernel leaves alone.
struct Disposition {
  void (*handler)(int) = nullptr;
  int flags = 0;
  bool operator==(const Disposition&) const = default;
};

/// Everything of a process that a module must not change.
struct State {
  std::map<std::string, std::string> descriptors;
  std::array<Disposition, NSIG> dispositions{};
  std::array<int, NSIG> blocked{};
  mode_t mode_mask = 0;
  std::string directory;
  std::vector<std::string> environment;
  rlimit core{};

  static State now();
};

void read_signals(State& state) {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal < NSIG; ++signal) {
    const auto index = static_cast<std::size_t>(signal);
    struct sigaction action{};
    ::sigaction(signal, nullptr, &action);
    state.dispositions[index] = {action.sa_handler, action.sa_flags};
    state.blocked[index] = ::sigismember(&mask, signal);
  }
}

void read_descriptors(State& state) {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    if (std::atoi(entry->d_name) == ::dirfd(directory)) continue;
    state.descriptors[entry->d_name] = link_target(std::string("/proc/self/fd/") + entry->d_name);
  }
  ::closedir(directory);
}

State State::now() {
  State state;
  read_descriptors(state);
  read_signals(state);
  state.mode_mask = ::umask(0);
  ::umask(state.mode_mask);
  state.directory = link_target("/proc/self/cwd");
  for (char** variable = environ; *variable != nullptr; ++variable) {
    state.environment.emplace_back(*variable);
  }
  ::getrlimit(RLIMIT_CORE, &state.core);
  return state;
}

void assert_same(const State& before, const State& after) {
  assert_true(before.descriptors == after.descriptors);
  assert_true(before.dispositions == after.dispositions);
  assert_true(before.blocked == after.blocked);
  assert_int_equal(before.mode_mask, after.mode_mask);
  assert_string_equal(before.directory.c_str(), after.directory.c_str());
  assert_true(before.environment == after.environment);
  assert_int_equal(before.core.rlim_cur, after.core.rlim_cur);
}

void host_is_left_as_it_was(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  stage.stack("sshd", {kPatient});
  Host host(stage.path(""), "sshd", own_name().c_str());
  // Loads the stack, after which libpam itself has nothing more to open.
  host.close_session();
  const State before = State::now();
  assert_true(before.descriptors.contains("1"));
  assert_true(host.open_session().token == kToken);
  assert_same(before, State::now());
}

void host_is_left_as_it_was_after_a_deadline(void**) {
  const Stage stage;
  stage.helper_script("exec sleep 1000");
  stage.stack("sshd", {"refresh_timeout=200"});
  Host host(stage.path(""), "sshd", own_name().c_str());
  host.close_session();
  const State before = State::now();
  assert_true(before.descriptors.contains("1"));
  assert_int_equal(host.open_session().result, PAM_SUCCESS);
  assert_same(before, State::now());
}

void supervisor_is_deaf_to_the_helper(void**) {
  const Stage stage;
  stage.helper_script("kill -TERM $PPID; kill -USR1 $PPID; " + std::string(kSayToken));
  assert_served(stage);
}

void interrupted_host_waits_on(void**) {
  const Stage stage;
  stage.helper_script("kill -USR1 $(cat $stage/host); kill -USR1 $(cat $stage/host); " +
                      std::string(kSayToken));
  assert_int_equal(exit_status_of(fork_and([&] {
                     struct sigaction counted{};
                     counted.sa_handler = [](int) { reaped = reaped + 1; };
                     ::sigaction(SIGUSR1, &counted, nullptr);
                     reaped = 0;
                     stage.write("host", std::to_string(::getpid()));
                     const Opened opened = stage.open(kPatient);
                     return opened.token == kToken && reaped > 0 ? 0 : 1;
                   })),
                   0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(host_that_ignores_its_children_is_served),
      cmocka_unit_test(host_that_wants_no_zombies_is_served),
      cmocka_unit_test(host_that_reaps_every_child_is_served),
      cmocka_unit_test(failure_is_seen_where_children_are_ignored),
      cmocka_unit_test(no_child_is_left),
      cmocka_unit_test(no_child_is_left_by_a_missing_helper),
      cmocka_unit_test(child_of_the_host_stays_the_hosts),
      cmocka_unit_test(host_is_left_as_it_was),
      cmocka_unit_test(host_is_left_as_it_was_after_a_deadline),
      cmocka_unit_test(supervisor_is_deaf_to_the_helper),
      cmocka_unit_test(interrupted_host_waits_on),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
