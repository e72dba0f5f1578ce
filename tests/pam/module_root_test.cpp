// The way from root down to the user, and that nobody else may take it. Needs root.
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "processes.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::test::exit_status_of;
using claude_auth::test::fork_and;
using claude_auth::test::Host;
using claude_auth::test::Opened;
using claude_auth::test::Stage;

using Lines = std::vector<std::string>;

constexpr int kSkipped = 77;

void root_becomes_the_user(void**) {
  const passwd* const nobody = ::getpwnam("nobody");
  assert_non_null(nobody);
  const Stage stage;
  stage.helper_program(PAM_CLAUDE_PROBE);
  stage.stack("sshd", {"refresh_timeout=20000"});
  const std::string uid = std::to_string(nobody->pw_uid);
  const std::string gid = std::to_string(nobody->pw_gid);
  // Groups of the host that the user is not in.
  const gid_t groups_of_root[] = {0, 4};
  assert_int_equal(::setgroups(2, groups_of_root), 0);
  const Opened opened = Host(stage.path(""), "sshd", "nobody").open_session();
  assert_int_equal(opened.result, PAM_SUCCESS);
  assert_true(stage.dumped("Uid:") == Lines{uid + "\t" + uid + "\t" + uid + "\t" + uid});
  assert_true(stage.dumped("Gid:") == Lines{gid + "\t" + gid + "\t" + gid + "\t" + gid});
  assert_true(stage.dumped("Groups:") == Lines{gid + " "});
}

void nobody_else_becomes_another_user(void**) {
  const passwd* const nobody = ::getpwnam("nobody");
  assert_non_null(nobody);
  const Stage stage;
  stage.helper_program(PAM_CLAUDE_PROBE);
  stage.stack("sshd", {""});
  const pid_t host = fork_and([&] {
    Host as_nobody(stage.path(""), "sshd", "root");
    // Loads the module while its directory can still be reached.
    as_nobody.close_session();
    if (::setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0) return 2;
    const Opened opened = as_nobody.open_session();
    return opened.result == PAM_SESSION_ERR &&
                   opened.logged(LOG_ERR, "cannot become the user: Operation not permitted")
               ? 0
               : 1;
  });
  assert_int_equal(exit_status_of(host), 0);
  assert_string_equal(stage.content("dump").c_str(), "");
}

}  // namespace

int main() {
  if (::geteuid() != 0) {
    std::puts("SKIP: only root can become another user");
    return kSkipped;
  }
  const CMUnitTest tests[] = {
      cmocka_unit_test(root_becomes_the_user),
      cmocka_unit_test(nobody_else_becomes_another_user),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
