// The deadlines of the built module, held against helpers that hang, hide, stop or leave children.
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "processes.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::test::ends;
using claude_auth::test::exit_status_of;
using claude_auth::test::fork_and;
using claude_auth::test::has_children;
using claude_auth::test::Opened;
using claude_auth::test::pid_in;
using claude_auth::test::Stage;
using std::chrono::milliseconds;

/// The first deadline is short, the total one out of reach.
constexpr char kShort[] = "refresh_timeout=300 timeout=30000";
constexpr milliseconds kShortTime{300};

/// What a loaded machine may add to a deadline of ours without a test failing.
constexpr milliseconds kNoise{3000};

void assert_stopped_after(const Opened& opened, milliseconds deadline) {
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.took >= deadline);
  assert_true(opened.took < deadline + kNoise);
  assert_true(opened.logged(LOG_WARNING, "passed its deadline"));
  assert_false(has_children());
}

void silence_ends_at_the_first_deadline(void**) {
  const Stage stage;
  stage.helper_script("echo $$ > $stage/pid; exec sleep 1000");
  assert_stopped_after(stage.open(kShort), kShortTime);
  assert_true(ends(pid_in(stage.path("pid"))));
}

void w_earns_the_longer_deadline(void**) {
  const Stage stage;
  stage.helper_script("echo W; sleep 1; echo 'T sk-ant-oat01-TEST_only'");
  const Opened opened = stage.open("refresh_timeout=600 timeout=30000");
  assert_true(opened.token == "sk-ant-oat01-TEST_only");
  assert_int_equal(opened.log.size(), 0);
}

void the_longer_deadline_counts_from_the_start(void**) {
  const Stage stage;
  stage.helper_script("echo W; exec sleep 1000");
  assert_stopped_after(stage.open("refresh_timeout=500 timeout=700"), milliseconds(700));
}

void total_shorter_than_the_first_holds(void**) {
  const Stage stage;
  stage.helper_script("exec sleep 1000");
  assert_stopped_after(stage.open("timeout=300 refresh_timeout=30000"), kShortTime);
}

void token_before_the_deadline_counts(void**) {
  const Stage stage;
  stage.helper_script("echo 'T sk-ant-oat01-TEST_only'; exec sleep 1000");
  const Opened opened = stage.open(kShort);
  assert_stopped_after(opened, kShortTime);
  assert_true(opened.token == "sk-ant-oat01-TEST_only");
}

void closed_output_does_not_end_the_wait(void**) {
  const Stage stage;
  stage.helper_script("exec >&-; exec sleep 1000");
  assert_stopped_after(stage.open(kShort), kShortTime);
}

void stopped_helper_is_killed(void**) {
  const Stage stage;
  stage.helper_script("echo $$ > $stage/pid; kill -STOP $$");
  assert_stopped_after(stage.open(kShort), kShortTime);
  assert_true(ends(pid_in(stage.path("pid"))));
}

void term_gives_time_to_tidy_up(void**) {
  const Stage stage;
  stage.helper_script("trap 'echo bye > $stage/bye; exit 0' TERM; sleep 1000 & wait");
  assert_stopped_after(stage.open(kShort), kShortTime);
  assert_string_equal(stage.content("bye").c_str(), "bye\n");
}

void deaf_helper_is_killed_with_its_children(void**) {
  const Stage stage;
  stage.helper_script(
      "trap '' TERM; sleep 1000 & echo $! > $stage/child; echo $$ > $stage/pid;"
      "while :; do wait; done");
  assert_stopped_after(stage.open(kShort), kShortTime);
  assert_true(ends(pid_in(stage.path("pid"))));
  assert_true(ends(pid_in(stage.path("child"))));
}

void traced_helper_cannot_hold_the_login(void**) {
  const Stage stage;
  const std::string fifo = stage.path("fifo");
  assert_int_equal(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t tracer = fork_and([&] {
    const pid_t helper = pid_in(fifo);
    if (::ptrace(PTRACE_SEIZE, helper, nullptr, nullptr) != 0) return 1;
    return ::pause();
  });
  stage.helper_script("echo $$ > $stage/fifo; exec sleep 1000");
  const Opened opened = stage.open(kShort);
  ::kill(tracer, SIGKILL);
  if (exit_status_of(tracer) == 1) {
    print_message("SKIP: no process may trace its sibling here\n");
    skip();
  }
  assert_stopped_after(opened, kShortTime);
}

void child_that_holds_the_pipe_does_not_hold_the_login(void**) {
  const Stage stage;
  stage.helper_script("sleep 1000 & echo $! > $stage/child; exit 0");
  const Opened opened = stage.open("refresh_timeout=30000");
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.took < kNoise);
  assert_int_equal(opened.log.size(), 0);
  assert_true(ends(pid_in(stage.path("child"))));
}

void child_in_a_session_of_its_own_does_not_either(void**) {
  const Stage stage;
  stage.helper_script(
      "setsid sh -c \"echo \\$\\$ > $stage/child; exec sleep 1000\" &\n"
      "until [ -s $stage/child ]; do :; done");
  const Opened opened = stage.open("refresh_timeout=30000");
  const pid_t child = pid_in(stage.path("child"));
  const bool still_holding = child > 0 && ::kill(child, SIGKILL) == 0;
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.took < kNoise);
  assert_true(still_holding);
}

void helper_killed_by_a_signal_is_logged(void**) {
  const Stage stage;
  stage.helper_script("kill -KILL $$");
  const Opened opened = stage.open();
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.logged(LOG_WARNING, "helper was killed by signal 9"));
}

void helper_does_not_outlive_its_supervisor(void**) {
  const Stage stage;
  stage.helper_script("echo $$ > $stage/pid; kill -KILL $PPID; exec sleep 1000");
  const Opened opened = stage.open("refresh_timeout=30000");
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(opened.logged(LOG_WARNING, "helper ended out of sight"));
  assert_true(ends(pid_in(stage.path("pid"))));
}

void helper_does_not_outlive_its_host(void**) {
  const Stage stage;
  assert_int_equal(::mkfifo(stage.path("fifo").c_str(), 0600), 0);
  stage.helper_script("echo $$ > $stage/fifo; exec sleep 1000");
  const pid_t host = fork_and([&] { return stage.open("refresh_timeout=60000").result; });
  const pid_t helper = pid_in(stage.path("fifo"));
  ::kill(host, SIGKILL);
  assert_int_equal(exit_status_of(host), -1);
  assert_true(ends(helper));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(silence_ends_at_the_first_deadline),
      cmocka_unit_test(w_earns_the_longer_deadline),
      cmocka_unit_test(the_longer_deadline_counts_from_the_start),
      cmocka_unit_test(total_shorter_than_the_first_holds),
      cmocka_unit_test(token_before_the_deadline_counts),
      cmocka_unit_test(closed_output_does_not_end_the_wait),
      cmocka_unit_test(stopped_helper_is_killed),
      cmocka_unit_test(term_gives_time_to_tidy_up),
      cmocka_unit_test(deaf_helper_is_killed_with_its_children),
      cmocka_unit_test(traced_helper_cannot_hold_the_login),
      cmocka_unit_test(child_that_holds_the_pipe_does_not_hold_the_login),
      cmocka_unit_test(child_in_a_session_of_its_own_does_not_either),
      cmocka_unit_test(helper_killed_by_a_signal_is_logged),
      cmocka_unit_test(helper_does_not_outlive_its_supervisor),
      cmocka_unit_test(helper_does_not_outlive_its_host),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
