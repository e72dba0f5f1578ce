// helper/base/child: what a started program finds, and that no program holds its caller up.
#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

constexpr std::size_t kMuch = 1 << 20;

Deadline ample() {
  return Deadline::in(Millis(30'000));
}

Command shell(const std::string& script) {
  return {
      .path = "/bin/sh", .arguments = {"sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
}

/// Standard output of a script that has to succeed.
std::string output_of(const std::string& script) {
  const auto finished = run(shell(script), ample(), Millis(0), kMuch);
  assert_true(finished.has_value());
  assert_int_equal(finished->wait_status, 0);
  return finished->standard_output;
}

/// Whether the process ends on its own account, waiting for that.
bool ends(pid_t pid) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd event{pidfd.get(), POLLIN, 0};
  return !pidfd || ::poll(&event, 1, 20'000) == 1;
}

void both_streams_are_captured(void**) {
  const auto finished = run(shell("echo out; echo err >&2"), ample(), Millis(0), kMuch);
  assert_string_equal(finished->standard_output.c_str(), "out\n");
  assert_string_equal(finished->standard_error.c_str(), "err\n");
  assert_false(finished->timed_out);
}

void the_exit_status_is_reported(void**) {
  const auto finished = run(shell("exit 3"), ample(), Millis(0), kMuch);
  assert_true(WIFEXITED(finished->wait_status));
  assert_int_equal(WEXITSTATUS(finished->wait_status), 3);
}

void a_death_by_signal_is_reported(void**) {
  const auto finished = run(shell("kill -9 $$"), ample(), Millis(0), kMuch);
  assert_true(WIFSIGNALED(finished->wait_status));
  assert_int_equal(WTERMSIG(finished->wait_status), SIGKILL);
}

void output_is_cut_at_the_cap(void**) {
  const auto finished =
      run(shell("head -c 300000 /dev/zero | tr '\\0' x"), ample(), Millis(0), 1'000);
  assert_true(finished->standard_output == std::string(1'000, 'x'));
  assert_int_equal(finished->wait_status, 0);
}

void all_output_before_the_end_is_there(void**) {
  assert_int_equal(output_of("head -c 300000 /dev/zero").size(), 300'000);
}

void a_grandchild_that_holds_the_pipe_does_not_hold_us(void**) {
  const auto finished = run(shell("sleep 1000 & echo $!"), ample(), Millis(0), kMuch);
  assert_false(finished->timed_out);
  assert_true(finished->standard_output.ends_with("\n"));
}

void a_grandchild_is_gone_when_its_program_is(void**) {
  const std::string pid = output_of("sleep 1000 & echo $!");
  assert_true(ends(std::stoi(pid)));
}

void a_grandchild_that_writes_for_ever_does_not_hold_us(void**) {
  const auto finished = run(shell("yes & exec >&-; exit 0"), ample(), Millis(0), 10);
  assert_false(finished->timed_out);
}

void a_program_past_its_deadline_is_ended(void**) {
  const auto finished =
      run(shell("exec sleep 1000"), Deadline::in(Millis(20)), Millis(10'000), kMuch);
  assert_true(finished->timed_out);
  assert_int_equal(WTERMSIG(finished->wait_status), SIGTERM);
}

/// A child that runs `script` and has printed its first line, and where the rest can be read.
struct Started {
  Child child;
  UniqueFd output;
};

Started start_and_hear(const std::string& script) {
  int fds[2];
  assert_int_equal(::pipe2(fds, O_CLOEXEC), 0);
  UniqueFd output(fds[0]);
  const UniqueFd input(fds[1]);
  auto child = Child::start(shell(script), input.get(), -1);
  assert_true(child.has_value());
  char line[16];
  assert_true(::read(output.get(), line, sizeof line) > 0);
  return {std::move(*child), std::move(output)};
}

void a_child_gets_its_grace(void**) {
  Started started = start_and_hear(
      "trap 'echo ended; exit 0' TERM; echo started; while :; do sleep 1000 & wait; done");
  assert_int_equal(started.child.stop(Millis(20'000)), 0);
  char line[16];
  assert_int_equal(::read(started.output.get(), line, sizeof line), sizeof "ended");
}

void a_child_that_ignores_term_is_killed(void**) {
  Started started = start_and_hear("trap '' TERM; echo started; while :; do sleep 1000; done");
  assert_int_equal(WTERMSIG(started.child.stop(Millis(20))), SIGKILL);
}

void a_stopped_program_is_ended_all_the_same(void**) {
  const auto finished =
      run(shell("kill -STOP $$"), Deadline::in(Millis(50)), Millis(10'000), kMuch);
  assert_int_equal(WTERMSIG(finished->wait_status), SIGTERM);
}

void a_missing_program_is_an_error(void**) {
  const auto finished = run({.path = "/nonexistent", .arguments = {"x"}, .environment = {}},
                            ample(), Millis(0), kMuch);
  assert_int_equal(finished.error(), ENOENT);
}

void a_program_without_execute_permission_is_an_error(void**) {
  const TemporaryDirectory dir;
  put(dir / "p", "#!/bin/sh\n");
  const auto finished =
      run({.path = dir / "p", .arguments = {"p"}, .environment = {}}, ample(), Millis(0), kMuch);
  assert_int_equal(finished.error(), EACCES);
}

void a_missing_working_directory_is_an_error(void**) {
  Command command = shell("true");
  command.working_directory = "/nonexistent";
  assert_int_equal(run(std::move(command), ample(), Millis(0), kMuch).error(), ENOENT);
}

void standard_input_is_empty_unless_given(void**) {
  assert_string_equal(output_of("cat; readlink /proc/self/fd/0").c_str(), "/dev/null\n");
}

void a_given_standard_input_is_read(void**) {
  const TemporaryDirectory dir;
  put(dir / "in", "hello");
  Command command = shell("cat");
  command.standard_input = UniqueFd(::open((dir / "in").c_str(), O_RDONLY | O_CLOEXEC));
  assert_string_equal(run(std::move(command), ample(), Millis(0), kMuch)->standard_output.c_str(),
                      "hello");
}

void the_environment_is_just_what_was_given(void**) {
  assert_int_equal(::setenv("CLAUDE_AUTH_TEST_LEAK", "1", 1), 0);
  Command command{.path = "/usr/bin/env", .arguments = {"env"}, .environment = {"A=1", "B=2"}};
  assert_string_equal(run(std::move(command), ample(), Millis(0), kMuch)->standard_output.c_str(),
                      "A=1\nB=2\n");
}

void the_working_directory_is_the_root_by_default(void**) {
  assert_string_equal(output_of("pwd").c_str(), "/\n");
}

void no_other_descriptor_is_inherited(void**) {
  const UniqueFd stray(::open("/dev/null", O_RDONLY));
  const UniqueFd far(::fcntl(stray.get(), F_DUPFD, 200));
  assert_string_equal(output_of("ls /proc/$$/fd; true").c_str(), "0\n1\n2\n");
}

void signals_are_as_a_program_expects_them(void**) {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGUSR1);
  ::signal(SIGPIPE, SIG_IGN);
  ::sigprocmask(SIG_BLOCK, &pipe, nullptr);
  const std::string found =
      output_of("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -s '\\t\\n' ' '");
  ::sigprocmask(SIG_UNBLOCK, &pipe, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  assert_string_equal(found.c_str(), "SigBlk: 0000000000000000 SigIgn: 0000000000000000 ");
}

void the_program_leads_a_group_of_its_own(void**) {
  const std::string found = output_of("ps -o pgid= -p $$ | tr -d ' '; echo $$");
  const std::size_t line = found.find('\n');
  assert_string_equal((found.substr(0, line) + "\n").c_str(), found.substr(line + 1).c_str());
}

void an_ignored_sigchld_loses_no_status(void**) {
  ::signal(SIGCHLD, SIG_IGN);
  const auto finished = run(shell("exit 5"), ample(), Millis(0), kMuch);
  ::signal(SIGCHLD, SIG_DFL);
  assert_int_equal(WEXITSTATUS(finished->wait_status), 5);
}

void descriptors_zero_to_two_may_be_closed_in_the_caller(void**) {
  assert_true(succeeded(start_forked([] {
    for (const int fd : {0, 1, 2}) ::close(fd);
    const auto finished = run(shell("echo out; echo err >&2"), ample(), Millis(0), kMuch);
    return finished && finished->standard_output == "out\n" && finished->standard_error == "err\n";
  })));
}

void waiting_ends_at_the_deadline_and_the_child_runs_on(void**) {
  auto child = Child::start(shell("exec sleep 1000"), -1, -1);
  assert_int_equal(child->wait(Deadline::in(Millis(10))).error(), ETIMEDOUT);
  assert_int_equal(::kill(child->pid(), 0), 0);
}

void a_status_is_given_once(void**) {
  auto child = Child::start(shell("exit 4"), -1, -1);
  assert_int_equal(WEXITSTATUS(child->wait(ample()).value()), 4);
  assert_int_equal(child->wait(ample()).error(), ECHILD);
}

void the_pidfd_tells_the_end(void**) {
  const auto child = Child::start(shell("exit 0"), -1, -1);
  pollfd event{child->pidfd(), POLLIN, 0};
  assert_int_equal(::poll(&event, 1, 20'000), 1);
}

void a_forgotten_child_is_killed_and_reaped(void**) {
  pid_t pid = -1;
  {
    const auto child = Child::start(shell("trap '' TERM; while :; do sleep 1000; done"), -1, -1);
    pid = child->pid();
  }
  assert_int_equal(::kill(pid, 0), -1);
}

void a_moved_child_is_stopped_once(void**) {
  auto first = Child::start(shell("exec sleep 1000"), -1, -1);
  Child second = std::move(*first);
  assert_int_equal(WTERMSIG(second.stop(Millis(10'000))), SIGTERM);
}

/// Whether the child that such a command becomes ends when its parent has.
bool dies_with_its_parent(const std::optional<RunAs>& user) {
  int report[2];
  assert_int_equal(::pipe(report), 0);
  const pid_t parent = start_forked([&] {
    Command command = shell("exec sleep 1000");
    command.run_as = user;
    const auto child = Child::start(std::move(command), -1, -1);
    const pid_t pid = child->pid();
    static_cast<void>(::write(report[1], &pid, sizeof pid) == sizeof pid);
    ::_exit(0);
    return true;
  });
  pid_t child = -1;
  assert_int_equal(::read(report[0], &child, sizeof child), sizeof child);
  assert_true(succeeded(parent));
  for (const int fd : report) ::close(fd);
  return ends(child);
}

void a_child_does_not_outlive_its_parent(void**) {
  assert_true(dies_with_its_parent(std::nullopt));
}

void a_child_that_must_not_be_broken_off_outlives_its_parent(void**) {
  int release[2];
  int report[2];
  assert_int_equal(::pipe(release), 0);
  assert_int_equal(::pipe(report), 0);
  const pid_t parent = start_forked([&] {
    Command command = shell("read -r word; echo $word");
    command.standard_input = UniqueFd(::dup(release[0]));
    command.when_orphaned = WhenOrphaned::live_on;
    const auto child = Child::start(std::move(command), report[1], -1);
    ::_exit(0);
    return true;
  });
  assert_true(succeeded(parent));
  assert_int_equal(::write(release[1], "word\n", 5), 5);
  pollfd event{report[0], POLLIN, 0};
  assert_int_equal(::poll(&event, 1, 20'000), 1);
  for (const int fd : {release[0], release[1], report[0], report[1]}) ::close(fd);
}

void a_pipe_holds_more_than_a_page(void**) {
  const std::string text(100'000, 'x');
  Command command = shell("cat");
  command.standard_input = std::move(pipe_holding(text).value());
  assert_true(run(std::move(command), ample(), Millis(0), kMuch)->standard_output == text);
}

void a_pipe_of_nothing_is_at_its_end(void**) {
  Command command = shell("cat");
  command.standard_input = std::move(pipe_holding("").value());
  const auto finished = run(std::move(command), ample(), Millis(0), kMuch);
  assert_false(finished->timed_out);
}

// --- run_as: as root only ---

constexpr uid_t kUser = 64001;
constexpr gid_t kGroup = 64002;
constexpr gid_t kOtherGroup = 64003;

/// Standard output of a script as somebody without any right.
std::string output_as_user(const std::string& script) {
  needs_root();
  Command command = shell(script);
  command.run_as = RunAs{.uid = kUser, .gid = kGroup, .groups = {kOtherGroup}};
  const auto finished = run(std::move(command), ample(), Millis(0), kMuch);
  assert_true(finished.has_value());
  assert_int_equal(finished->wait_status, 0);
  return finished->standard_output;
}

void another_user_is_real_effective_saved_and_of_the_files(void**) {
  assert_string_equal(output_as_user("grep Uid: /proc/self/status").c_str(),
                      "Uid:\t64001\t64001\t64001\t64001\n");
}

void another_users_group_is_every_kind_of_group(void**) {
  assert_string_equal(output_as_user("grep Gid: /proc/self/status").c_str(),
                      "Gid:\t64002\t64002\t64002\t64002\n");
}

void another_user_has_none_of_our_groups(void**) {
  assert_string_equal(output_as_user("grep Groups: /proc/self/status").c_str(),
                      "Groups:\t64003 \n");
}

void another_user_has_no_capability(void**) {
  assert_string_equal(output_as_user("grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status").c_str(),
                      "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                      "CapAmb:\t0000000000000000\n");
}

void another_user_gains_nothing_by_setuid_programs(void**) {
  assert_string_equal(output_as_user("grep NoNewPrivs /proc/self/status").c_str(),
                      "NoNewPrivs:\t1\n");
}

void another_users_files_are_his_own(void**) {
  assert_string_equal(output_as_user("umask").c_str(), "0077\n");
}

void another_users_program_leads_a_session_of_its_own(void**) {
  assert_string_equal(output_as_user("ps -o sid= -p $$ | grep -cx \" *$$\"").c_str(), "1\n");
}

void another_user_inherits_no_descriptor(void**) {
  const UniqueFd stray(::open("/dev/null", O_RDONLY));
  assert_string_equal(output_as_user("ls /proc/$$/fd; true").c_str(), "0\n1\n2\n");
}

void another_user_needs_root(void**) {
  assert_true(holds_without_root([] {
    Command command = shell("true");
    command.run_as = RunAs{.uid = kUser, .gid = kGroup, .groups = {}};
    return run(std::move(command), ample(), Millis(0), kMuch).error() == EPERM;
  }));
}

void another_users_program_does_not_outlive_its_parent(void**) {
  needs_root();
  assert_true(dies_with_its_parent(RunAs{.uid = kUser, .gid = kGroup, .groups = {}}));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(both_streams_are_captured),
      cmocka_unit_test(the_exit_status_is_reported),
      cmocka_unit_test(a_death_by_signal_is_reported),
      cmocka_unit_test(output_is_cut_at_the_cap),
      cmocka_unit_test(all_output_before_the_end_is_there),
      cmocka_unit_test(a_grandchild_that_holds_the_pipe_does_not_hold_us),
      cmocka_unit_test(a_grandchild_is_gone_when_its_program_is),
      cmocka_unit_test(a_grandchild_that_writes_for_ever_does_not_hold_us),
      cmocka_unit_test(a_program_past_its_deadline_is_ended),
      cmocka_unit_test(a_child_gets_its_grace),
      cmocka_unit_test(a_child_that_ignores_term_is_killed),
      cmocka_unit_test(a_stopped_program_is_ended_all_the_same),
      cmocka_unit_test(a_missing_program_is_an_error),
      cmocka_unit_test(a_program_without_execute_permission_is_an_error),
      cmocka_unit_test(a_missing_working_directory_is_an_error),
      cmocka_unit_test(standard_input_is_empty_unless_given),
      cmocka_unit_test(a_given_standard_input_is_read),
      cmocka_unit_test(the_environment_is_just_what_was_given),
      cmocka_unit_test(the_working_directory_is_the_root_by_default),
      cmocka_unit_test(no_other_descriptor_is_inherited),
      cmocka_unit_test(signals_are_as_a_program_expects_them),
      cmocka_unit_test(the_program_leads_a_group_of_its_own),
      cmocka_unit_test(an_ignored_sigchld_loses_no_status),
      cmocka_unit_test(descriptors_zero_to_two_may_be_closed_in_the_caller),
      cmocka_unit_test(waiting_ends_at_the_deadline_and_the_child_runs_on),
      cmocka_unit_test(a_status_is_given_once),
      cmocka_unit_test(the_pidfd_tells_the_end),
      cmocka_unit_test(a_forgotten_child_is_killed_and_reaped),
      cmocka_unit_test(a_moved_child_is_stopped_once),
      cmocka_unit_test(a_child_does_not_outlive_its_parent),
      cmocka_unit_test(a_child_that_must_not_be_broken_off_outlives_its_parent),
      cmocka_unit_test(a_pipe_holds_more_than_a_page),
      cmocka_unit_test(a_pipe_of_nothing_is_at_its_end),
      cmocka_unit_test(another_user_is_real_effective_saved_and_of_the_files),
      cmocka_unit_test(another_users_group_is_every_kind_of_group),
      cmocka_unit_test(another_user_has_none_of_our_groups),
      cmocka_unit_test(another_user_has_no_capability),
      cmocka_unit_test(another_user_gains_nothing_by_setuid_programs),
      cmocka_unit_test(another_users_files_are_his_own),
      cmocka_unit_test(another_users_program_leads_a_session_of_its_own),
      cmocka_unit_test(another_user_inherits_no_descriptor),
      cmocka_unit_test(another_user_needs_root),
      cmocka_unit_test(another_users_program_does_not_outlive_its_parent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
