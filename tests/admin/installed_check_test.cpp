// What an installation put onto a host, as doctor sees it; and units that read homes as root.
#include "admin/installed_check.h"

#include <filesystem>

#include "host_root.h"
#include "jobs/home_readers.h"

namespace claude_auth {
namespace {

using namespace testing;

constexpr const char* kModule = "/usr/lib/security/pam_claude.so";
constexpr const char* kStore = "/usr/libexec/claude-auth-store";
class Installed : public HostRoot {
 public:
  Installed() { install(); }
};

void an_installation_is_fine(void**) {
  const Installed host;
  assert_all_ok(check_installed(host.tree()));
  assert_all_ok(check_units(host.tree()));
}

void what_is_missing_is_a_failure(void**) {
  const Installed host;
  std::filesystem::remove(host.path() + kModule);
  std::filesystem::remove(host.path() + kStore);
  const Findings found = check_installed(host.tree());
  assert_found(found, Status::fail, "the module is not installed");
  assert_found(found, Status::fail, "the store's program is not installed");
}

void what_others_can_change_is_a_failure(void**) {
  Installed host;
  host.put(kModule, "module", 0664);
  assert_found(check_installed(host.tree()), Status::fail,
               "pam_claude.so can be changed by others than root");
}

void a_directory_that_others_can_change_is_a_failure(void**) {
  const Installed host;
  std::filesystem::permissions(host.path() + "/usr/libexec", std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  assert_found(check_installed(host.tree()), Status::fail,
               "/usr/libexec can be changed by others than root");
}

void what_is_somebody_elses_is_a_failure(void**) {
  const Installed host;
  HostTree tree = host.tree();
  tree.owner += 1;
  assert_found(check_installed(tree), Status::fail, "is not root's");
}

void a_program_that_changes_its_user_is_a_failure(void**) {
  Installed host;
  host.put(CLAUDE_AUTH_HELPER, "helper", 04755);
  assert_found(check_installed(host.tree()), Status::fail, "changes who runs it");
}

void a_program_that_users_cannot_run_is_a_failure(void**) {
  Installed host;
  host.put(CLAUDE_AUTH_HELPER, "helper", 0750);
  assert_found(check_installed(host.tree()), Status::fail, "not everybody can use");
}

void a_unit_that_is_missing_is_a_failure(void**) {
  const Installed host;
  std::filesystem::remove(host.path() + "/usr/lib/systemd/system/claude-auth-watch@.timer");
  assert_found(check_units(host.tree()), Status::fail, "claude-auth-watch@.timer is not installed");
}

void a_masked_unit_is_a_failure(void**) {
  const Installed host;
  std::filesystem::create_directories(host / "etc/systemd/system");
  std::filesystem::create_symlink("/dev/null", host / "etc/systemd/system/claude-auth-sync@.timer");
  assert_found(check_units(host.tree()), Status::fail, "masks the unit");
}

void a_unit_that_starts_nothing_is_a_failure(void**) {
  Installed host;
  host.put("/etc/systemd/system/claude-auth-sync@.service",
           "[Service]\nExecStart=-/opt/gone/claude-auth-sync sync\n");
  assert_found(check_units(host.tree()), Status::fail, "starts /opt/gone/claude-auth-sync");
}

void which_timers_of_the_host_are_enabled_is_told(void**) {
  Installed host;
  host.put("/etc/systemd/system/timers.target.wants/claude-auth-metrics.timer", "");
  const Findings found = check_units(host.tree());
  assert_found(found, Status::ok, "claude-auth-metrics.timer is enabled");
  assert_found(found, Status::ok, "claude-auth-provision.timer is not enabled");
}

void selinux_that_is_not_enforced_asks_nothing(void**) {
  Installed host;
  assert_true(check_selinux(host.tree()).empty());
  host.put("/sys/fs/selinux/enforce", "0");
  assert_true(check_selinux(host.tree()).empty());
}

void a_missing_label_is_a_warning_with_the_remedy(void**) {
  Installed host;
  host.put("/sys/fs/selinux/enforce", "1");
  assert_found(check_selinux(host.tree()), Status::warn,
               "pam_claude.so is not labelled, not lib_t: `restorecon -v "
               "/usr/lib/security/pam_claude.so`");
}

void units_that_read_homes_are_found_in_every_place(void**) {
  HostRoot host;
  host.put("/etc/systemd/system/a.service", "[Service]\nEnvironmentFile=-/home/emo/env\n");
  host.put("/run/systemd/system/b.service", "[Service]\nEnvironmentFile=%h/env\n");
  host.put("/usr/local/lib/systemd/system/c.service.d/d.conf",
           "[Service]\nEnvironmentFile = /srv/people/emo/env\n");
  host.put("/usr/lib/systemd/system/e.service",
           "[Service]\nEnvironmentFile=/var/x/claude-oauth.env\n");
  host.put("/etc/systemd/system/fine.service",
           "[Service]\nEnvironmentFile=/etc/default/fine\nExecStart=/home/emo/bin/x\n");
  const auto found = units_that_read_homes(host.path(), {"/srv/people/emo"});
  assert_int_equal(found.size(), 4);
  assert_string_equal(found[2].c_str(), "/usr/local/lib/systemd/system/c.service.d/d.conf");
}

constexpr const char* kHomeReader = "[Service]\nEnvironmentFile=/home/emo/env\n";
constexpr const char* kForgetsFiles = "[Service]\nEnvironmentFile=\n";

void a_unit_is_not_named_for_a_file_that_a_drop_in_forgets(void**) {
  HostRoot host;
  host.put("/usr/lib/systemd/system/a@.service", kHomeReader);
  host.put("/usr/lib/systemd/system/a@.service.d/20-vendor.conf", kHomeReader);
  host.put("/etc/systemd/system/a@.service.d/30-claude.conf", kForgetsFiles);
  assert_true(units_that_read_homes(host.path(), {}).empty());
}

void a_drop_in_forgets_nothing_of_a_later_one(void**) {
  HostRoot host;
  host.put("/etc/systemd/system/a.service.d/30-claude.conf", kForgetsFiles);
  host.put("/usr/lib/systemd/system/a.service.d/40-late.conf", kHomeReader);
  const auto found = units_that_read_homes(host.path(), {});
  assert_int_equal(found.size(), 1);
  assert_string_equal(found[0].c_str(), "/usr/lib/systemd/system/a.service.d/40-late.conf");
}

void a_drop_in_forgets_nothing_of_another_unit(void**) {
  HostRoot host;
  host.put("/etc/systemd/system/a@.service", kHomeReader);
  host.put("/etc/systemd/system/a@emo.service.d/claude.conf", kForgetsFiles);
  assert_int_equal(units_that_read_homes(host.path(), {}).size(), 1);
}

void a_unit_file_that_another_hides_is_not_named(void**) {
  HostRoot host;
  host.put("/usr/lib/systemd/system/a.service", kHomeReader);
  host.put("/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/true\n");
  host.put("/usr/lib/systemd/system/b.service", kHomeReader);
  std::filesystem::create_symlink("/dev/null", host / "/etc/systemd/system/b.service");
  host.put("/usr/lib/systemd/system/c.service.d/env.conf", kHomeReader);
  host.put("/run/systemd/system/c.service.d/env.conf", "");
  assert_true(units_that_read_homes(host.path(), {}).empty());
}

void a_link_hides_no_unit_file(void**) {
  HostRoot host;
  host.put("/usr/lib/systemd/system/a.service", kHomeReader);
  std::filesystem::create_directories(host / "/etc/systemd/system");
  std::filesystem::create_symlink("/usr/lib/systemd/system/a.service",
                                  host / "/etc/systemd/system/a.service");
  assert_int_equal(units_that_read_homes(host.path(), {}).size(), 1);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_installation_is_fine),
      cmocka_unit_test(what_is_missing_is_a_failure),
      cmocka_unit_test(what_others_can_change_is_a_failure),
      cmocka_unit_test(a_directory_that_others_can_change_is_a_failure),
      cmocka_unit_test(what_is_somebody_elses_is_a_failure),
      cmocka_unit_test(a_program_that_changes_its_user_is_a_failure),
      cmocka_unit_test(a_program_that_users_cannot_run_is_a_failure),
      cmocka_unit_test(a_unit_that_is_missing_is_a_failure),
      cmocka_unit_test(a_masked_unit_is_a_failure),
      cmocka_unit_test(a_unit_that_starts_nothing_is_a_failure),
      cmocka_unit_test(which_timers_of_the_host_are_enabled_is_told),
      cmocka_unit_test(selinux_that_is_not_enforced_asks_nothing),
      cmocka_unit_test(a_missing_label_is_a_warning_with_the_remedy),
      cmocka_unit_test(units_that_read_homes_are_found_in_every_place),
      cmocka_unit_test(a_unit_is_not_named_for_a_file_that_a_drop_in_forgets),
      cmocka_unit_test(a_drop_in_forgets_nothing_of_a_later_one),
      cmocka_unit_test(a_drop_in_forgets_nothing_of_another_unit),
      cmocka_unit_test(a_unit_file_that_another_hides_is_not_named),
      cmocka_unit_test(a_link_hides_no_unit_file),
  };
  return cmocka_run_group_tests_name("installed_check", tests, nullptr, nullptr);
}
