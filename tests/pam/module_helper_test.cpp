// How the built module starts its helper: command line, environment, descriptors, identity.
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "processes.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::UniqueFd;
using claude_auth::test::exit_status_of;
using claude_auth::test::fork_and;
using claude_auth::test::Opened;
using claude_auth::test::own_name;
using claude_auth::test::Stage;

using Lines = std::vector<std::string>;

void assert_lines(const Lines& got, const Lines& wanted) {
  assert_int_equal(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    assert_string_equal(got[i].c_str(), wanted[i].c_str());
  }
}

Opened open_with_probe(const Stage& stage, const char* options = "") {
  stage.helper_program(PAM_CLAUDE_PROBE);
  return stage.open(std::string("refresh_timeout=20000 timeout=30000 ") + options);
}

void arguments_are_those_of_the_contract(void**) {
  const Stage stage;
  open_with_probe(stage);
  assert_lines(stage.dumped("argv"), {"claude-auth-sync", "login", "--pam", "--timeout=30000",
                                      "--refresh-timeout=20000"});
}

void debug_is_passed_on(void**) {
  const Stage stage;
  open_with_probe(stage, "debug");
  assert_string_equal(stage.dumped("argv").back().c_str(), "--debug");
}

void environment_is_made_from_nothing(void**) {
  const Stage stage;
  ::setenv("CLAUDE_CONFIG_DIR", "/nowhere", 1);
  ::setenv("LD_LIBRARY_PATH", "/nowhere", 1);
  open_with_probe(stage);
  const passwd* const account = ::getpwuid(::getuid());
  const std::string name = account->pw_name;
  assert_lines(stage.dumped("env"),
               {std::string("HOME=") + account->pw_dir, "USER=" + name, "LOGNAME=" + name,
                "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"});
}

void only_the_standard_descriptors_are_open(void**) {
  const Stage stage;
  const UniqueFd kept_across_exec(::open("/dev/null", O_RDONLY));
  open_with_probe(stage);
  assert_lines(stage.dumped("fd"), {"0 /dev/null", "1 pipe", "2 /dev/null"});
}

void circumstances_are_clean(void**) {
  const Stage stage;
  open_with_probe(stage);
  assert_lines(stage.dumped("core"), {"0 0"});
  assert_lines(stage.dumped("umask"), {"77"});
  assert_lines(stage.dumped("cwd"), {"/"});
  assert_lines(stage.dumped("session"), {"own"});
  assert_lines(stage.dumped("NoNewPrivs:"), {"1"});
}

void signals_of_the_host_do_not_last(void**) {
  const Stage stage;
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  open_with_probe(stage);
  ::signal(SIGPIPE, pipe_before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  assert_lines(stage.dumped("SigBlk:"), {"0000000000000000"});
  assert_lines(stage.dumped("SigIgn:"), {"0000000000000000"});
}

void a_host_without_standard_descriptors_is_served(void**) {
  const Stage stage;
  stage.helper_program(PAM_CLAUDE_PROBE);
  const pid_t host = fork_and([&] {
    for (int fd = 0; fd < 16; ++fd) ::close(fd);
    return stage.open("refresh_timeout=20000").result;
  });
  assert_int_equal(exit_status_of(host), PAM_SUCCESS);
  assert_lines(stage.dumped("fd"), {"0 /dev/null", "1 pipe", "2 /dev/null"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(arguments_are_those_of_the_contract),
      cmocka_unit_test(debug_is_passed_on),
      cmocka_unit_test(environment_is_made_from_nothing),
      cmocka_unit_test(only_the_standard_descriptors_are_open),
      cmocka_unit_test(circumstances_are_clean),
      cmocka_unit_test(signals_of_the_host_do_not_last),
      cmocka_unit_test(a_host_without_standard_descriptors_is_served),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
