// helper/admin/host: users as the name service knows them, and programs that run as them, however
// hostile they are.
#include "admin/host.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "scripted_host.h"
#include "temporary_directory.h"

namespace {

/// What the name service answers in place of the real one, where it is set.
struct Answer {
  int error = 0;
  const char* name = nullptr;
  std::size_t needs = 0;  ///< a smaller buffer is ERANGE
};
Answer* by_name = nullptr;
Answer* by_uid = nullptr;

int give(const Answer& answer, passwd* entry, std::size_t size, passwd** found) {
  *found = nullptr;
  if (size < answer.needs) return ERANGE;
  if (answer.error != 0 || answer.name == nullptr) return answer.error;
  static char home[] = "/home/made-up";
  static char name[64];
  std::strncpy(name, answer.name, sizeof name - 1);
  entry->pw_name = name;
  entry->pw_dir = home;
  entry->pw_uid = 64001;
  entry->pw_gid = 64002;
  *found = entry;
  return 0;
}

}  // namespace

extern "C" {
int __real_getpwnam_r(const char*, passwd*, char*, std::size_t, passwd**);
int __wrap_getpwnam_r(const char* name, passwd* entry, char* room, std::size_t size,
                      passwd** found) {
  if (by_name != nullptr) return give(*by_name, entry, size, found);
  return __real_getpwnam_r(name, entry, room, size, found);
}
int __real_getpwuid_r(uid_t, passwd*, char*, std::size_t, passwd**);
int __wrap_getpwuid_r(uid_t uid, passwd* entry, char* room, std::size_t size, passwd** found) {
  if (by_uid != nullptr) return give(*by_uid, entry, size, found);
  return __real_getpwuid_r(uid, entry, room, size, found);
}
}

namespace claude_auth {
namespace {

using namespace test;

/// What `find` says while the name service answers so.
std::expected<std::optional<HostUser>, std::string> find_among(
    Answer name, Answer uid = {.error = 0, .name = "emo", .needs = 0}) {
  by_name = &name;
  by_uid = &uid;
  auto found = ThisHost().find("emo");
  by_name = nullptr;
  by_uid = nullptr;
  return found;
}

// --- users ---

void a_user_is_found_as_he_is_known(void**) {
  const HostUser nobody = ScriptedHost::nobody();
  const passwd* known = ::getpwnam("nobody");
  assert_int_equal(nobody.user.uid, known->pw_uid);
  assert_int_equal(nobody.gid, known->pw_gid);
  assert_string_equal(nobody.user.name.c_str(), "nobody");
  assert_string_equal(nobody.user.home.c_str(), known->pw_dir);
  assert_true(std::ranges::find(nobody.groups, known->pw_gid) != nobody.groups.end());
}

void a_user_who_is_not_there_is_none(void**) {
  assert_false(ThisHost().find("no-such-made-up-user").value().has_value());
  assert_false(find_among({}).value().has_value());
}

void a_name_that_no_user_can_have_is_nobodys(void**) {
  for (const char* name : {"", "no/body", "0", "-nobody", "nobody\n"})
    assert_false(ThisHost().find(name).value().has_value());
}

void ways_to_say_that_there_is_no_such_user_are_known(void**) {
  for (const int error : {ENOENT, ESRCH})
    assert_false(find_among({.error = error}).value().has_value());
}

void a_failure_of_the_name_service_is_no_absence(void**) {
  assert_string_equal(find_among({.error = EIO}).error().c_str(),
                      "the name service cannot look emo up: Input/output error");
}

void an_entry_of_any_size_is_read(void**) {
  assert_true(find_among({.error = 0, .name = "emo", .needs = 100'000}).value().has_value());
}

void an_entry_without_end_is_a_failure(void**) {
  assert_false(find_among({.error = 0, .name = "emo", .needs = 100 << 20}).has_value());
}

void another_spelling_is_refused(void**) {
  assert_string_equal(find_among({.error = 0, .name = "EMO"}).error().c_str(),
                      "emo is called EMO by the name service: write it so");
}

void a_shared_uid_is_refused(void**) {
  assert_string_equal(
      find_among({.error = 0, .name = "emo"}, {.error = 0, .name = "zoe"}).error().c_str(),
      "emo shares uid 64001 with zoe: give each user a uid of his own");
}

// --- programs as a user ---

void a_program_is_that_user_for_good(void**) {
  ScriptedHost here;
  assert_string_equal(here.said_by_nobody("grep -E '^[UG]id' /proc/self/status").c_str(),
                      "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n");
}

void a_program_has_its_users_groups_and_no_other(void**) {
  ScriptedHost here;
  std::string groups = "Groups:\t";
  std::vector<gid_t> sorted = ScriptedHost::nobody().groups;
  std::ranges::sort(sorted);
  for (const gid_t group : sorted) groups += std::to_string(group) + " ";
  assert_string_equal(here.said_by_nobody("grep ^Groups /proc/self/status").c_str(),
                      (groups + "\n").c_str());
}

void a_program_has_no_capability(void**) {
  ScriptedHost here;
  assert_string_equal(
      here.said_by_nobody(
              "grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status | grep -c 0000000000000000")
          .c_str(),
      "3\n");
}

void a_program_has_no_descriptor_of_ours(void**) {
  ScriptedHost here;
  const UniqueFd stray(::fcntl(0, F_DUPFD, 100));
  // By name, and not with `ls`: a shell that starts another program has descriptors of its own for
  // a moment. Its script it reads by one from 10 on.
  assert_string_equal(
      here.said_by_nobody("for fd in 0 1 2 3 4 5 6 7 8 9 " + std::to_string(stray.get()) +
                          "; do test ! -e /proc/$$/fd/$fd || echo $fd; done")
          .c_str(),
      "0\n1\n2\n");
}

void a_program_finds_its_own_environment_only(void**) {
  ScriptedHost here;
  assert_int_equal(::setenv("VAULT_TOKEN", "hvs.TEST-made-up", 1), 0);
  const std::string found = here.said_by_nobody("exec env | grep -v -E '^(PWD|_|SHLVL|OLDPWD)='");
  ::unsetenv("VAULT_TOKEN");
  const std::string home = ScriptedHost::nobody().user.home;
  for (const std::string& line :
       {"HOME=" + home, std::string("USER=nobody"), std::string("LOGNAME=nobody"),
        std::string("PATH=/usr/local/bin:/usr/bin:/bin"), std::string("LANG=C.UTF-8")})
    assert_true(("\n" + found).contains("\n" + line + "\n"));
  assert_int_equal(std::ranges::count(found, '\n'), 5);
}

void a_program_gets_its_arguments_and_input(void**) {
  ScriptedHost here;
  const Finished finished = here.run_as_nobody("echo $# $1 $2; cat", "made-up input\n");
  assert_string_equal(finished.standard_output.c_str(), "2 status --json\nmade-up input\n");
}

void a_programs_status_and_complaint_come_back(void**) {
  ScriptedHost here;
  const Finished finished = here.run_as_nobody("echo sorry >&2; exit 3");
  assert_int_equal(WEXITSTATUS(finished.wait_status), 3);
  assert_string_equal(finished.standard_error.c_str(), "sorry\n");
}

void a_program_that_stops_itself_ends_at_the_deadline(void**) {
  ScriptedHost here;
  const Finished finished = here.run_as_nobody("kill -STOP $$", "", Deadline::in(Millis(50)));
  assert_true(finished.timed_out);
}

void a_program_that_ignores_its_end_is_killed(void**) {
  ScriptedHost here;
  const Finished finished = here.run_as_nobody("trap '' TERM; while :; do sleep 1000; done", "",
                                               Deadline::in(Millis(50)));
  assert_true(finished.timed_out);
  assert_int_equal(WTERMSIG(finished.wait_status), SIGKILL);
}

void a_flood_of_output_is_cut_and_ends_at_the_deadline(void**) {
  ScriptedHost here;
  const Finished finished = here.run_as_nobody("yes >&2 & exec yes", "", Deadline::in(Millis(300)));
  assert_true(finished.timed_out);
  assert_int_equal(finished.standard_output.size(), 256 << 10);
  assert_int_equal(finished.standard_error.size(), 256 << 10);
}

void a_program_that_reads_no_input_does_not_hold_us(void**) {
  ScriptedHost here;
  assert_false(here.run_as_nobody("exit 0", std::string(100'000, 'x')).timed_out);
}

/// Whether a program is run for a user whose home this is, and finds its name.
bool runs_in(const std::string& home) {
  needs_root();
  const ScriptedHost here;
  put(here.helper(), "#!/bin/sh\npwd\necho $HOME\n", 0755);
  HostUser user = ScriptedHost::nobody();
  user.user.home = home;
  const auto finished = here.host().run_as(user, {}, "", ample());
  return finished && finished->standard_output == "/\n" + home + "\n";
}

void a_home_is_not_looked_at_by_us(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  assert_int_equal(::symlink("/etc/shadow", (dir / "link").c_str()), 0);
  for (const std::string& home : {dir / "fifo", dir / "link", dir / "missing", dir.path()})
    assert_true(runs_in(home));
}

void a_program_that_is_not_there_is_an_error(void**) {
  needs_root();
  const ScriptedHost here;
  assert_string_equal(
      here.host().run_as(ScriptedHost::nobody(), {}, "", ample()).error().c_str(),
      ("cannot start " + here.helper() + " as nobody: No such file or directory").c_str());
}

void another_user_takes_root(void**) {
  const ScriptedHost here;
  put(here.helper(), "#!/bin/sh\n", 0755);
  assert_true(holds_without_root([&] {
    HostUser other = ScriptedHost::nobody();
    other.user.uid = 1;
    return here.host().run_as(other, {}, "", ample()).error().ends_with("Operation not permitted");
  }));
}

void oneself_takes_no_root(void**) {
  const ScriptedHost here;
  put(here.helper(), "#!/bin/sh\necho me\n", 0755);
  assert_true(holds_without_root([&] {
    HostUser myself = ScriptedHost::nobody();
    myself.user.uid = ::geteuid();
    const auto finished = here.host().run_as(myself, {}, "", ample());
    return finished && finished->standard_output == "me\n";
  }));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_user_is_found_as_he_is_known),
      cmocka_unit_test(a_user_who_is_not_there_is_none),
      cmocka_unit_test(a_name_that_no_user_can_have_is_nobodys),
      cmocka_unit_test(ways_to_say_that_there_is_no_such_user_are_known),
      cmocka_unit_test(a_failure_of_the_name_service_is_no_absence),
      cmocka_unit_test(an_entry_of_any_size_is_read),
      cmocka_unit_test(an_entry_without_end_is_a_failure),
      cmocka_unit_test(another_spelling_is_refused),
      cmocka_unit_test(a_shared_uid_is_refused),
      cmocka_unit_test(a_program_is_that_user_for_good),
      cmocka_unit_test(a_program_has_its_users_groups_and_no_other),
      cmocka_unit_test(a_program_has_no_capability),
      cmocka_unit_test(a_program_has_no_descriptor_of_ours),
      cmocka_unit_test(a_program_finds_its_own_environment_only),
      cmocka_unit_test(a_program_gets_its_arguments_and_input),
      cmocka_unit_test(a_programs_status_and_complaint_come_back),
      cmocka_unit_test(a_program_that_stops_itself_ends_at_the_deadline),
      cmocka_unit_test(a_program_that_ignores_its_end_is_killed),
      cmocka_unit_test(a_flood_of_output_is_cut_and_ends_at_the_deadline),
      cmocka_unit_test(a_program_that_reads_no_input_does_not_hold_us),
      cmocka_unit_test(a_home_is_not_looked_at_by_us),
      cmocka_unit_test(a_program_that_is_not_there_is_an_error),
      cmocka_unit_test(another_user_takes_root),
      cmocka_unit_test(oneself_takes_no_root),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
