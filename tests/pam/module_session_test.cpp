// What the built module makes of its helper's words: the session's variable, the person's notice,
// the log and the return value.
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/unique_fd.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::UniqueFd;
using claude_auth::test::Host;
using claude_auth::test::LogLine;
using claude_auth::test::Opened;
using claude_auth::test::own_name;
using claude_auth::test::Stage;

constexpr char kToken[] = "sk-ant-oat01-TEST_only";
constexpr char kSayToken[] = "echo 'T sk-ant-oat01-TEST_only'";
constexpr char kVariable[] = "CLAUDE_CODE_OAUTH_TOKEN";
constexpr char kLoginNeeded[] = "Claude login expired: run `claude auth login --claudeai --sso`";

/// The variable in this process's own environment, as in a su without `-`.
class Inherited {
 public:
  Inherited() { ::setenv(kVariable, "sk-ant-oat01-TEST_of_another_user", 1); }
  ~Inherited() { ::unsetenv(kVariable); }
  Inherited(const Inherited&) = delete;
  Inherited& operator=(const Inherited&) = delete;
};

void assert_token(const Opened& opened, const char* token) {
  assert_true(opened.token.has_value());
  assert_string_equal(opened.token->c_str(), token);
}

void assert_ok_without_token(const Opened& opened) {
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_false(opened.token.has_value());
}

void token_reaches_the_session(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const Opened opened = stage.open();
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_token(opened, kToken);
  assert_int_equal(opened.log.size(), 0);
}

void a_helper_with_nothing_to_say_changes_nothing(void**) {
  const Stage stage;
  stage.helper_script("exit 0");
  const Opened opened = stage.open();
  assert_ok_without_token(opened);
  assert_int_equal(opened.log.size(), 0);
  assert_int_equal(opened.told.size(), 0);
}

void no_env_exports_nothing(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  assert_ok_without_token(stage.open("no_env"));
}

void garbage_exports_nothing_and_is_logged(void**) {
  const Stage stage;
  stage.helper_script("echo LD_PRELOAD=/tmp/x; echo 'T sk-ant-oat01-TEST_only'");
  const Opened opened = stage.open();
  assert_ok_without_token(opened);
  assert_true(opened.logged(LOG_WARNING, "broke the protocol"));
}

void a_gigabyte_is_cut_off(void**) {
  const Stage stage;
  stage.helper_script("echo 'T sk-ant-oat01-TEST_only'; exec head -c 1073741824 /dev/zero");
  const Opened opened = stage.open("refresh_timeout=20000");
  assert_token(opened, kToken);
  assert_true(opened.logged(LOG_WARNING, "killed by signal 13"));
}

void token_before_a_failure_counts(void**) {
  const Stage stage;
  stage.helper_script("echo 'T sk-ant-oat01-TEST_only'; exit 3");
  const Opened opened = stage.open();
  assert_token(opened, kToken);
  assert_true(opened.logged(LOG_WARNING, "helper failed with status 3"));
}

void inherited_token_is_blanked(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script("exit 0");
  assert_token(stage.open(), "");
}

void own_token_replaces_the_inherited_one(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script(kSayToken);
  assert_token(stage.open(), kToken);
}

void inherited_token_is_blanked_where_the_helper_fails(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script("exit 1");
  assert_token(stage.open(), "");
}

void inherited_token_is_blanked_where_the_helper_is_missing(void**) {
  const Stage stage;
  const Inherited inherited;
  assert_token(stage.open(), "");
}

void inherited_token_is_blanked_below_min_uid(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script(kSayToken);
  assert_token(stage.open("min_uid=4294967294"), "");
}

void inherited_token_is_blanked_with_no_env(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script(kSayToken);
  assert_token(stage.open("no_env"), "");
}

void token_of_another_module_is_blanked(void**) {
  const Stage stage;
  stage.helper_script("exit 0");
  stage.stack("su", {""});
  Host host(stage.path(""), "su", own_name().c_str());
  assert_int_equal(::pam_putenv(host.handle(), "CLAUDE_CODE_OAUTH_TOKEN=x"), PAM_SUCCESS);
  assert_token(host.open_session(), "");
}

void skipped_service_is_left_alone(void**) {
  const Stage stage;
  const Inherited inherited;
  stage.helper_script(kSayToken);
  const Opened opened = stage.open("", "cron");
  assert_ok_without_token(opened);
  assert_int_equal(opened.log.size(), 0);
}

void below_min_uid_the_helper_does_not_run(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const Opened opened = stage.open("min_uid=4294967294 debug");
  assert_ok_without_token(opened);
  assert_true(opened.logged(LOG_DEBUG, "uid is below"));
}

void outside_of_the_group_the_helper_does_not_run(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  assert_ok_without_token(stage.open("only_group=no-such-group-here"));
}

void second_line_of_a_stack_does_nothing(void**) {
  const Stage stage;
  stage.helper_script("echo ran >> $stage/runs; echo 'T sk-ant-oat01-TEST_only'");
  stage.stack("su-l", {"", ""});
  assert_token(Host(stage.path(""), "su-l", own_name().c_str()).open_session(), kToken);
  assert_string_equal(stage.content("runs").c_str(), "ran\n");
}

void next_session_of_a_handle_is_served(void**) {
  const Stage stage;
  stage.helper_script("echo ran >> $stage/runs");
  stage.stack("sshd", {""});
  Host host(stage.path(""), "sshd", own_name().c_str());
  assert_int_equal(host.open_session().result, PAM_SUCCESS);
  assert_int_equal(host.close_session(), PAM_SUCCESS);
  assert_int_equal(host.open_session().result, PAM_SUCCESS);
  assert_string_equal(stage.content("runs").c_str(), "ran\nran\n");
}

void missing_helper_is_a_session_error(void**) {
  const Stage stage;
  const Opened opened = stage.open();
  assert_int_equal(opened.result, PAM_SESSION_ERR);
  assert_true(opened.logged(LOG_ALERT, "cannot be executed: No such file or directory"));
}

void helper_that_is_no_program_is_a_session_error(void**) {
  const Stage stage;
  stage.helper_script("");
  assert_int_equal(::truncate(stage.helper().c_str(), 0), 0);
  const Opened opened = stage.open();
  assert_int_equal(opened.result, PAM_SESSION_ERR);
  assert_true(opened.logged(LOG_ALERT, "cannot be executed: Exec format error"));
}

void unknown_user_is_a_session_error(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  stage.stack("sshd", {""});
  Host host(stage.path(""), "sshd", "no\x1bsuch\nuser");
  const Opened opened = host.open_session();
  assert_int_equal(opened.result, PAM_SESSION_ERR);
  assert_true(opened.logged(LOG_ERR, "user=no?such?user has no account here"));
}

void bad_option_is_logged_and_the_login_goes_on(void**) {
  const Stage stage;
  stage.helper_script(kSayToken);
  const Opened opened = stage.open("timeout=soon verbose");
  assert_token(opened, kToken);
  assert_true(opened.logged(LOG_ERR, "option 'timeout=soon' needs milliseconds"));
  assert_true(opened.logged(LOG_ERR, "option 'verbose' is not an option"));
}

void each_log_line_names_the_user(void**) {
  const Stage stage;
  stage.helper_script("echo rubbish; exit 1");
  const Opened opened = stage.open("debug nonsense");
  assert_true(opened.log.size() >= 3);
  for (const LogLine& line : opened.log) {
    assert_true(line.text.starts_with("user=" + own_name() + " "));
  }
}

void debug_logs_the_time_once(void**) {
  const Stage stage;
  stage.helper_script("exit 0");
  const Opened opened = stage.open("debug");
  const auto takes_time = [](const LogLine& line) {
    return line.level == LOG_DEBUG && line.text.find("helper took ") != std::string::npos &&
           line.text.ends_with(" ms");
  };
  assert_int_equal(std::ranges::count_if(opened.log, takes_time), 1);
}

void debug_logs_the_version_once(void**) {
  const Stage stage;
  stage.helper_script("exit 0");
  const Opened opened = stage.open("debug");
  const auto names_version = [](const LogLine& line) {
    return line.level == LOG_DEBUG && line.text.ends_with(" pam_claude " CLAUDE_AUTH_VERSION);
  };
  assert_int_equal(std::ranges::count_if(opened.log, names_version), 1);
}

void sshd_is_always_told(void**) {
  const Stage stage;
  stage.helper_script("echo 'N 1 0'");
  const Opened opened = stage.open();
  assert_int_equal(opened.told.size(), 1);
  assert_string_equal(opened.told[0].c_str(), kLoginNeeded);
}

void login_command_is_what_the_person_reads(void**) {
  const Stage stage;
  stage.helper_script("echo 'N 1 0'");
  const Opened opened = stage.open("[login_command=ask the desk]");
  assert_int_equal(opened.told.size(), 1);
  assert_string_equal(opened.told[0].c_str(), "Claude login expired: run `ask the desk`");
}

void quiet_tells_nothing(void**) {
  const Stage stage;
  stage.helper_script("echo 'N 1 0'");
  assert_int_equal(stage.open("quiet").told.size(), 0);
}

void silent_hosts_are_told_nothing(void**) {
  const Stage stage;
  stage.helper_script("echo 'N 1 0'");
  assert_int_equal(stage.open("", "sshd", PAM_SILENT).told.size(), 0);
}

/// Descriptor `number` of this process is `fd` while this lives.
class Redirected {
 public:
  Redirected(int number, const UniqueFd& fd) : number_(number), before_(::dup(number)) {
    become(fd);
  }
  ~Redirected() { become(before_); }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  void become(const UniqueFd& fd) const {
    if (fd) ::dup2(fd.get(), number_);
  }

  int number_;
  UniqueFd before_;
};

/// How many notices `su` is told with these descriptors as its standard input and output.
std::size_t told_to_su(const UniqueFd& input, const UniqueFd& output) {
  const Stage stage;
  stage.helper_script("echo 'N 3 12'");
  const Redirected standard_input(STDIN_FILENO, input);
  const Redirected standard_output(STDOUT_FILENO, output);
  return stage.open("", "su").told.size();
}

UniqueFd terminal() {
  return UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY));
}

UniqueFd no_terminal() {
  return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

void other_hosts_are_told_at_a_terminal(void**) {
  const UniqueFd pty = terminal();
  assert_true(static_cast<bool>(pty));
  assert_int_equal(told_to_su(pty, pty), 1);
}

void input_that_is_no_terminal_is_told_nothing(void**) {
  assert_int_equal(told_to_su(no_terminal(), terminal()), 0);
}

void output_that_is_no_terminal_is_told_nothing(void**) {
  assert_int_equal(told_to_su(terminal(), no_terminal()), 0);
}

void closing_succeeds_without_the_helper(void**) {
  const Stage stage;
  stage.helper_script("echo ran >> $stage/runs");
  stage.stack("sshd", {""});
  Host host(stage.path(""), "sshd", own_name().c_str());
  assert_int_equal(host.close_session(), PAM_SUCCESS);
  assert_string_equal(stage.content("runs").c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(token_reaches_the_session),
      cmocka_unit_test(a_helper_with_nothing_to_say_changes_nothing),
      cmocka_unit_test(no_env_exports_nothing),
      cmocka_unit_test(garbage_exports_nothing_and_is_logged),
      cmocka_unit_test(a_gigabyte_is_cut_off),
      cmocka_unit_test(token_before_a_failure_counts),
      cmocka_unit_test(inherited_token_is_blanked),
      cmocka_unit_test(own_token_replaces_the_inherited_one),
      cmocka_unit_test(inherited_token_is_blanked_where_the_helper_fails),
      cmocka_unit_test(inherited_token_is_blanked_where_the_helper_is_missing),
      cmocka_unit_test(inherited_token_is_blanked_below_min_uid),
      cmocka_unit_test(inherited_token_is_blanked_with_no_env),
      cmocka_unit_test(token_of_another_module_is_blanked),
      cmocka_unit_test(skipped_service_is_left_alone),
      cmocka_unit_test(below_min_uid_the_helper_does_not_run),
      cmocka_unit_test(outside_of_the_group_the_helper_does_not_run),
      cmocka_unit_test(second_line_of_a_stack_does_nothing),
      cmocka_unit_test(next_session_of_a_handle_is_served),
      cmocka_unit_test(missing_helper_is_a_session_error),
      cmocka_unit_test(helper_that_is_no_program_is_a_session_error),
      cmocka_unit_test(unknown_user_is_a_session_error),
      cmocka_unit_test(bad_option_is_logged_and_the_login_goes_on),
      cmocka_unit_test(each_log_line_names_the_user),
      cmocka_unit_test(debug_logs_the_time_once),
      cmocka_unit_test(debug_logs_the_version_once),
      cmocka_unit_test(sshd_is_always_told),
      cmocka_unit_test(login_command_is_what_the_person_reads),
      cmocka_unit_test(quiet_tells_nothing),
      cmocka_unit_test(silent_hosts_are_told_nothing),
      cmocka_unit_test(other_hosts_are_told_at_a_terminal),
      cmocka_unit_test(input_that_is_no_terminal_is_told_nothing),
      cmocka_unit_test(output_that_is_no_terminal_is_told_nothing),
      cmocka_unit_test(closing_succeeds_without_the_helper),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
