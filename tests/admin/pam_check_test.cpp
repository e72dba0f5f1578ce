// Where pam_claude stands in a host's PAM stacks, as doctor sees it.
#include "admin/pam_check.h"

#include <algorithm>

#include "host_root.h"

namespace claude_auth {
namespace {

using namespace testing;

constexpr const char* kCommonSession =
    "# made by pam-auth-update\n"
    "session\t[default=1]\t\t\tpam_permit.so\n"
    "session\trequisite\t\t\tpam_deny.so\n"
    "session\trequired\t\t\tpam_permit.so\n"
    "session\trequired\tpam_unix.so \n"
    "session\toptional\tpam_systemd.so \n"
    "session\toptional\tpam_mkhomedir.so umask=0077\n";

/// A Debian host on which sshd's file ends with `lines`.
class Debian : public HostRoot {
 public:
  explicit Debian(const std::string& lines = "session optional pam_claude.so\n") {
    put("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n");
    put("/etc/pam.d/common-session", kCommonSession);
    put("/etc/pam.d/common-auth", "auth required pam_unix.so\n");
    put("/etc/pam.d/sshd",
        "@include common-auth\nsession required pam_loginuid.so\n"
        "@include common-session\n" +
            lines);
    put("/etc/pam.d/su", "auth sufficient pam_rootok.so\n@include common-session\n");
    put("/etc/pam.d/su-l", "auth include su\nsession include su\n");
  }

  [[nodiscard]] Findings check() const { return check_pam(tree()); }
};

void a_line_at_the_end_is_fine(void**) {
  const Findings found = Debian().check();
  assert_all_ok(found);
  assert_found(found, Status::ok, "in the session stack of sshd (/etc/pam.d/sshd:4)");
  assert_found(found, Status::ok, "not in the session stack of su-l");
}

void sshd_without_the_line_is_a_failure(void**) {
  assert_found(Debian("").check(), Status::fail, "not in the session stack of sshd");
}

void a_line_that_is_a_comment_is_none(void**) {
  assert_found(Debian("# session optional pam_claude.so\n").check(), Status::fail,
               "not in the session stack of sshd");
}

void a_line_of_an_included_file_counts(void**) {
  Debian host("");
  host.put("/etc/pam.d/common-session",
           std::string(kCommonSession) + "session optional pam_claude.so\n");
  const Findings found = host.check();
  assert_all_ok(found);
  assert_found(found, Status::ok, "in the session stack of sshd (/etc/pam.d/common-session:8)");
  assert_found(found, Status::ok, "in the session stack of su-l (/etc/pam.d/common-session:8)");
}

void a_line_in_brackets_and_over_two_lines_is_read(void**) {
  assert_all_ok(Debian("-session [success=ok default=ignore] pam_claude.so only_group=claude \\\n"
                       "  [login_command=claude auth login]\n")
                    .check());
}

void a_home_that_is_made_later_is_a_failure(void**) {
  Debian host;
  host.put("/etc/pam.d/sshd", "session optional pam_claude.so\n@include common-session\n");
  const Findings found = host.check();
  assert_found(found, Status::fail, "/etc/pam.d/sshd:1 stands before pam_mkhomedir.so");
  assert_found(found, Status::warn, "/etc/pam.d/sshd:1 stands before pam_systemd.so");
}

// Whether the line with `action` of pam_selinux should have come before ours.
bool is_out_of_order(const std::string& action, bool selinux) {
  Debian host(
      "session optional pam_claude.so\n"
      "session [success=ok default=bad] pam_selinux.so " +
      action + "\n");
  if (selinux) host.put("/sys/fs/selinux/enforce", "0");
  return std::ranges::any_of(host.check(), [](const Finding& finding) {
    return finding.status == Status::warn && finding.text.contains("stands before pam_selinux.so");
  });
}

void the_rights_of_the_session_come_first(void**) {
  assert_true(is_out_of_order("open", true));
  assert_false(is_out_of_order("close", true));
}

// Debian's sshd has the line behind common-session, where pam-auth-update puts ours.
void pam_selinux_without_selinux_asks_nothing(void**) {
  assert_false(is_out_of_order("open", false));
}

void a_line_that_decides_over_logins_is_a_failure(void**) {
  for (const char* control : {"required", "requisite", "sufficient", "[success=ok default=bad]",
                              "[success=done default=ignore]"}) {
    assert_found(Debian(std::string("session ") + control + " pam_claude.so\n").check(),
                 Status::fail, "lets the module decide over logins");
  }
}

void an_option_that_the_module_does_not_take_is_a_failure(void**) {
  const Findings found =
      Debian("session optional pam_claude.so timeout=5s quiet nonsense\n").check();
  assert_found(found, Status::fail, "'timeout=5s' needs milliseconds");
  assert_found(found, Status::fail, "'nonsense' is not an option of pam_claude");
}

void another_helper_or_module_than_the_installed_is_a_warning(void**) {
  const Findings found =
      Debian("session optional /opt/pam_claude.so helper=/opt/claude-auth-sync\n").check();
  assert_found(found, Status::warn, "loads /opt/pam_claude.so");
  assert_found(found, Status::warn, "starts /opt/claude-auth-sync");
}

void a_line_of_another_type_is_a_failure(void**) {
  assert_found(Debian("auth optional pam_claude.so\nsession optional pam_claude.so\n").check(),
               Status::fail, "pam_claude knows no auth");
}

void a_stack_that_ends_before_the_line_is_a_warning(void**) {
  assert_found(Debian("session sufficient pam_other.so\nsession optional pam_claude.so\n").check(),
               Status::warn, "(pam_other.so) can end the stack or jump over /etc/pam.d/sshd:5");
  assert_found(Debian("session [success=1 default=ignore] pam_succeed_if.so uid < 1000\n"
                      "session optional pam_claude.so\n")
                   .check(),
               Status::warn, "(pam_succeed_if.so) can end the stack or jump over");
}

void a_jump_that_ends_before_the_line_is_fine(void**) {
  assert_all_ok(Debian("session [success=1 default=ignore] pam_succeed_if.so uid < 1000\n"
                       "session optional pam_motd.so\nsession optional pam_claude.so\n")
                    .check());
}

void a_second_line_is_a_warning(void**) {
  assert_found(
      Debian("session optional pam_claude.so\nsession optional pam_claude.so quiet\n").check(),
      Status::warn, "stands more than once in the session stack of sshd");
}

void a_service_that_the_module_skips_is_not_judged(void**) {
  Debian host;
  host.put("/etc/pam.d/cron", "session required pam_claude.so\n");
  assert_all_ok(host.check());
}

void any_other_service_with_the_line_is_judged(void**) {
  Debian host;
  host.put("/usr/lib/pam.d/gdm-password", "session required pam_claude.so\n");
  assert_found(host.check(), Status::fail, "/usr/lib/pam.d/gdm-password:1: 'required'");
}

void an_admins_file_outranks_the_vendors(void**) {
  Debian host;
  host.put("/usr/lib/pam.d/sshd", "session required pam_claude.so\n");
  assert_all_ok(host.check());
}

void a_fault_of_an_included_file_is_said_once(void**) {
  Debian host("");
  host.put("/etc/pam.d/common-session", "session required pam_claude.so\n");
  const Findings found = host.check();
  std::size_t said = 0;
  for (const Finding& finding : found) said += finding.status == Status::fail ? 1 : 0;
  assert_int_equal(said, 1);
}

void a_file_that_includes_itself_ends(void**) {
  assert_found(Debian("@include sshd\n").check(), Status::fail, "includes itself");
}

void an_include_of_nothing_is_a_failure(void**) {
  assert_found(Debian("@include common-nothing\n").check(), Status::fail,
               "includes common-nothing, which is not there");
}

void sshd_without_pam_is_a_failure(void**) {
  Debian host;
  host.put("/etc/ssh/sshd_config", "Port 22\nMatch User emo\n  PasswordAuthentication yes\n");
  assert_found(host.check(), Status::fail, "UsePAM yes");
}

void the_first_use_pam_counts(void**) {
  Debian host;
  host.put("/etc/ssh/sshd_config.d/10-hardening.conf", "usepam=no\n");
  assert_false(sshd_uses_pam(host.path()).value_or(true));
  host.put("/etc/ssh/sshd_config.d/05-first.conf", "UsePAM \"yes\"\n");
  assert_true(sshd_uses_pam(host.path()).value_or(false));
}

void files_of_sshd_that_include_each_other_are_read_once(void**) {
  Debian host;
  host.put("/etc/ssh/sshd_config", "Include sshd_config sshd_config.d/*.conf\nUsePAM yes\n");
  for (const char* name : {"a", "b", "c"}) {
    host.put(std::string("/etc/ssh/sshd_config.d/") + name + ".conf",
             "Include sshd_config.d/*.conf\nInclude sshd_config\n");
  }
  assert_true(sshd_uses_pam(host.path()).value_or(false));
}

void a_host_without_sshd_is_no_failure(void**) {
  const HostRoot host;
  assert_all_ok(check_pam(host.tree()));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_line_at_the_end_is_fine),
      cmocka_unit_test(sshd_without_the_line_is_a_failure),
      cmocka_unit_test(a_line_that_is_a_comment_is_none),
      cmocka_unit_test(a_line_of_an_included_file_counts),
      cmocka_unit_test(a_line_in_brackets_and_over_two_lines_is_read),
      cmocka_unit_test(a_home_that_is_made_later_is_a_failure),
      cmocka_unit_test(the_rights_of_the_session_come_first),
      cmocka_unit_test(pam_selinux_without_selinux_asks_nothing),
      cmocka_unit_test(a_line_that_decides_over_logins_is_a_failure),
      cmocka_unit_test(an_option_that_the_module_does_not_take_is_a_failure),
      cmocka_unit_test(another_helper_or_module_than_the_installed_is_a_warning),
      cmocka_unit_test(a_line_of_another_type_is_a_failure),
      cmocka_unit_test(a_stack_that_ends_before_the_line_is_a_warning),
      cmocka_unit_test(a_jump_that_ends_before_the_line_is_fine),
      cmocka_unit_test(a_second_line_is_a_warning),
      cmocka_unit_test(a_service_that_the_module_skips_is_not_judged),
      cmocka_unit_test(any_other_service_with_the_line_is_judged),
      cmocka_unit_test(an_admins_file_outranks_the_vendors),
      cmocka_unit_test(a_fault_of_an_included_file_is_said_once),
      cmocka_unit_test(a_file_that_includes_itself_ends),
      cmocka_unit_test(an_include_of_nothing_is_a_failure),
      cmocka_unit_test(sshd_without_pam_is_a_failure),
      cmocka_unit_test(the_first_use_pam_counts),
      cmocka_unit_test(files_of_sshd_that_include_each_other_are_read_once),
      cmocka_unit_test(a_host_without_sshd_is_no_failure),
  };
  return cmocka_run_group_tests_name("pam_check", tests, nullptr, nullptr);
}
