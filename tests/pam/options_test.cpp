// Every option of the PAM line, well-formed and not.
#include "pam_claude/options.h"

#include <cstring>
#include <initializer_list>
#include <string>

#include "cmocka_cpp.h"

namespace {

using claude_auth::apply_option;
using claude_auth::Complaint;
using claude_auth::list_has;
using claude_auth::Options;
using std::chrono::milliseconds;

Options parsed(std::initializer_list<const char*> arguments) {
  Options options;
  for (const char* argument : arguments) assert_true(apply_option(options, argument).has_value());
  return options;
}

void assert_refused(const char* argument, Complaint complaint) {
  Options options;
  const auto applied = apply_option(options, argument);
  assert_false(applied.has_value());
  assert_int_equal(static_cast<int>(applied.error()), static_cast<int>(complaint));
}

void defaults_are_those_of_the_manual(void**) {
  const Options options;
  assert_string_equal(options.helper, CLAUDE_AUTH_HELPER);
  assert_int_equal(options.timeout.count(), 5000);
  assert_int_equal(options.refresh_timeout.count(), 700);
  assert_int_equal(options.min_uid, 1000);
  assert_true(options.services.empty());
  assert_true(options.skip_services.empty());
  assert_null(options.only_group);
  assert_string_equal(options.login_command, "claude auth login --claudeai --sso");
  assert_false(options.no_env || options.quiet || options.debug);
}

void helper_takes_an_absolute_path(void**) {
  assert_string_equal(parsed({"helper=/opt/x"}).helper, "/opt/x");
}

void timeouts_take_milliseconds(void**) {
  const Options options = parsed({"timeout=1", "refresh_timeout=60000"});
  assert_int_equal(options.timeout.count(), 1);
  assert_int_equal(options.refresh_timeout.count(), 60000);
}

void first_deadline_is_the_shorter_one(void**) {
  assert_int_equal(parsed({"timeout=300"}).first_deadline().count(), 300);
  assert_int_equal(parsed({"refresh_timeout=200"}).first_deadline().count(), 200);
}

void min_uid_takes_a_uid(void**) {
  assert_int_equal(parsed({"min_uid=0"}).min_uid, 0);
  assert_int_equal(parsed({"min_uid=4294967294"}).min_uid, 4294967294U);
}

void lists_take_names(void**) {
  const Options options = parsed({"services=sshd,su", "skip_services=su"});
  assert_true(options.services == "sshd,su");
  assert_true(options.skip_services == "su");
}

void only_group_takes_a_name(void**) {
  assert_string_equal(parsed({"only_group=claude"}).only_group, "claude");
}

void login_command_takes_blanks(void**) {
  assert_string_equal(parsed({"login_command=ask the desk"}).login_command, "ask the desk");
}

void flags_are_set_by_their_names(void**) {
  const Options options = parsed({"no_env", "quiet", "debug"});
  assert_true(options.no_env && options.quiet && options.debug);
}

void the_last_one_counts(void**) {
  assert_int_equal(parsed({"timeout=10", "timeout=20"}).timeout.count(), 20);
}

void a_refused_argument_changes_nothing(void**) {
  Options options = parsed({"timeout=10"});
  assert_false(apply_option(options, "timeout=ten").has_value());
  assert_int_equal(options.timeout.count(), 10);
}

void unknown_names_are_refused(void**) {
  for (const char* argument :
       {"", "=", "=1", "verbose", "Timeout=5", "timeouts=5", "time", "NO_ENV"}) {
    assert_refused(argument, Complaint::unknown);
  }
}

void flags_with_a_value_are_refused(void**) {
  for (const char* argument : {"no_env=", "quiet=1", "debug=yes"}) {
    assert_refused(argument, Complaint::not_a_flag);
  }
}

void helpers_without_a_slash_are_refused(void**) {
  for (const char* argument : {"helper", "helper=", "helper=bin/x", "helper= /x"}) {
    assert_refused(argument, Complaint::not_absolute);
  }
}

void malformed_milliseconds_are_refused(void**) {
  for (const char* argument :
       {"timeout", "timeout=", "timeout=0", "timeout=-1", "timeout=+1", "timeout= 1", "timeout=1 ",
        "timeout=1s", "timeout=1.5", "timeout=60001", "timeout=99999999999999999999",
        "refresh_timeout=0x10"}) {
    assert_refused(argument, Complaint::not_millis);
  }
}

void malformed_uids_are_refused(void**) {
  for (const char* argument : {"min_uid", "min_uid=", "min_uid=-1", "min_uid=root",
                               "min_uid=4294967295", "min_uid=4294967296"}) {
    assert_refused(argument, Complaint::not_a_uid);
  }
}

void lists_with_an_empty_name_are_refused(void**) {
  for (const char* argument : {"services", "services=", "services=,", "services=a,", "services=,a",
                               "skip_services=a,,b"}) {
    assert_refused(argument, Complaint::not_a_list);
  }
}

void a_nameless_group_is_refused(void**) {
  assert_refused("only_group", Complaint::not_a_name);
  assert_refused("only_group=", Complaint::not_a_name);
}

void unprintable_commands_are_refused(void**) {
  const std::string longest = "login_command=" + std::string(200, 'x');
  Options options;
  assert_true(apply_option(options, longest.c_str()).has_value());
  assert_refused((longest + "x").c_str(), Complaint::not_printable);
  for (const char* argument :
       {"login_command", "login_command=", "login_command=a\nb", "login_command=\x1b[2J",
        "login_command=caf\xc3\xa9", "login_command=\x7f"}) {
    assert_refused(argument, Complaint::not_printable);
  }
}

void each_complaint_has_a_sentence_of_its_own(void**) {
  for (int first = 0; first <= static_cast<int>(Complaint::not_printable); ++first) {
    for (int second = 0; second < first; ++second) {
      assert_string_not_equal(claude_auth::sentence(static_cast<Complaint>(first)),
                              claude_auth::sentence(static_cast<Complaint>(second)));
    }
  }
}

void lists_match_whole_names_only(void**) {
  assert_true(list_has("su", "su"));
  assert_true(list_has("sshd,su,login", "sshd"));
  assert_true(list_has("sshd,su,login", "su"));
  assert_true(list_has("sshd,su,login", "login"));
  assert_false(list_has("sshd,su-l,login", "su"));
  assert_false(list_has("sudo", "su"));
  assert_false(list_has("sshd,su", "sshd,su"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_those_of_the_manual),
      cmocka_unit_test(helper_takes_an_absolute_path),
      cmocka_unit_test(timeouts_take_milliseconds),
      cmocka_unit_test(first_deadline_is_the_shorter_one),
      cmocka_unit_test(min_uid_takes_a_uid),
      cmocka_unit_test(lists_take_names),
      cmocka_unit_test(only_group_takes_a_name),
      cmocka_unit_test(login_command_takes_blanks),
      cmocka_unit_test(flags_are_set_by_their_names),
      cmocka_unit_test(the_last_one_counts),
      cmocka_unit_test(a_refused_argument_changes_nothing),
      cmocka_unit_test(unknown_names_are_refused),
      cmocka_unit_test(flags_with_a_value_are_refused),
      cmocka_unit_test(helpers_without_a_slash_are_refused),
      cmocka_unit_test(malformed_milliseconds_are_refused),
      cmocka_unit_test(malformed_uids_are_refused),
      cmocka_unit_test(lists_with_an_empty_name_are_refused),
      cmocka_unit_test(a_nameless_group_is_refused),
      cmocka_unit_test(unprintable_commands_are_refused),
      cmocka_unit_test(each_complaint_has_a_sentence_of_its_own),
      cmocka_unit_test(lists_match_whole_names_only),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
