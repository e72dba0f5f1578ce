// `login`: what becomes of the credentials file itself, and of what stands in its place.
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cmocka_cpp.h"
#include "jobs/login.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

mode_t mode_of(const std::string& path) {
  struct stat file{};
  ::lstat(path.c_str(), &file);
  return file.st_mode;
}

void a_lost_claude_directory_is_made_again(void**) {
  const UserHome home;
  home.backed_up("one");
  std::filesystem::remove_all(home.paths.claude_dir);
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_restored_file_is_private(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  static_cast<void>(home.login());
  assert_int_equal(mode_of(home.paths.credentials) & 07777, 0600);
}

void a_restore_leaves_no_lock_of_claudes(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  static_cast<void>(home.login());
  assert_false(exists(home.paths.claude_dir + ".lock"));
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void restore_keeps_mcp_oauth_and_unknown_keys(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials(R"({"mcpOAuth":{"kept":{"accessToken":"TEST-kept"}},"unknown":[1,2.5]})");
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
  const Json file = home.credentials();
  json_object_del(file.get(), "claudeAiOauth");
  assert_string_equal(dump(file.get()).c_str(),
                      R"({"mcpOAuth":{"kept":{"accessToken":"TEST-kept"}},"unknown":[1,2.5]})");
}

/// The files that a malformed one was kept as.
std::vector<std::string> kept_aside(const UserHome& home) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(home.paths.claude_dir))
    if (entry.path().string().contains(".malformed-")) found.push_back(entry.path());
  return found;
}

void every_malformed_file_is_replaced_and_kept_aside(void**) {
  for (const std::string& bytes :
       {std::string(), std::string(R"({"claudeAiOauth":{"accessToken":"TEST)"),
        std::string("\xEF\xBB\xBF{}"), std::string((1 << 20) + 1, ' '),
        std::string(R"({"claudeAiOauth":{"accessToken":1,"refreshToken":2}})")}) {
    const UserHome home;
    home.backed_up("one");
    home.write_credentials(bytes);
    assert_string_equal(home.login().words().c_str(), "RECOVERED");
    assert_string_equal(home.generation().c_str(), "one");
    const auto kept = kept_aside(home);
    assert_int_equal(kept.size(), 1);
    assert_true(contents(kept[0]) == bytes);
  }
}

void a_malformed_login_among_other_keys_keeps_these_in_place(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials(R"({"mcpOAuth":{"a":1},"claudeAiOauth":[]})");
  static_cast<void>(home.login());
  const Json file = home.credentials();
  assert_string_equal(dump(json_object_get(file.get(), "mcpOAuth")).c_str(), R"({"a":1})");
}

void a_malformed_file_that_cannot_be_kept_aside_stays(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials("garbled");
  put(home.paths.credentials + ".malformed-" +
          std::to_string(home.clock.at.time_since_epoch().count()),
      "kept before");
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_string_equal(contents(home.paths.credentials).c_str(), "garbled");
}

void a_malformed_file_without_a_backup_stays(void**) {
  const UserHome home;
  home.make_store_empty();
  home.write_credentials("garbled");
  assert_string_equal(home.login().words().c_str(), "FAIL");
  assert_string_equal(contents(home.paths.credentials).c_str(), "garbled");
  assert_true(kept_aside(home).empty());
}

void a_fifo_as_credentials_is_left_and_named(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_int_equal(::mkfifo(home.paths.credentials.c_str(), 0600), 0);
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs(home.paths.credentials));
  assert_true(S_ISFIFO(mode_of(home.paths.credentials)));
}

void the_target_of_symlinked_credentials_is_replaced(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  std::filesystem::rename(home.paths.credentials, home.dir / "dotfile");
  assert_int_equal(::symlink((home.dir / "dotfile").c_str(), home.paths.credentials.c_str()), 0);
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
  assert_true(S_ISLNK(mode_of(home.paths.credentials)));
}

void a_dangling_symlink_as_credentials_is_left_and_named(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_int_equal(::symlink("none", home.paths.credentials.c_str()), 0);
  assert_true(home.login().logs(home.paths.credentials));
  assert_true(S_ISLNK(mode_of(home.paths.credentials)));
}

void a_busy_lock_of_claudes_is_respected_and_the_next_login_tries_again(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  const std::string lock = home.paths.claude_dir + ".lock";
  assert_int_equal(::mkdir(lock.c_str(), 0755), 0);
  const Ran ran = home.login({.refresh = 400ms, .total = 500ms});
  assert_string_equal(ran.words().c_str(), "WARN");
  assert_true(ran.logs("the login is not restored yet: Claude's lock " + lock + " is busy"));
  assert_string_equal(home.generation().c_str(), "none");
  assert_true(exists(lock));

  assert_int_equal(::rmdir(lock.c_str()), 0);
  assert_string_equal(home.login().words().c_str(), "RECOVERED");
}

void no_lock_is_taken_with_less_than_200_ms_left(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  // 100 ms of it are kept to report.
  assert_string_equal(home.login({.refresh = 200ms, .total = 299ms}).words().c_str(), "FAIL");
  assert_string_equal(home.generation().c_str(), "none");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_lost_claude_directory_is_made_again),
      cmocka_unit_test(a_restored_file_is_private),
      cmocka_unit_test(a_restore_leaves_no_lock_of_claudes),
      cmocka_unit_test(restore_keeps_mcp_oauth_and_unknown_keys),
      cmocka_unit_test(every_malformed_file_is_replaced_and_kept_aside),
      cmocka_unit_test(a_malformed_login_among_other_keys_keeps_these_in_place),
      cmocka_unit_test(a_malformed_file_that_cannot_be_kept_aside_stays),
      cmocka_unit_test(a_malformed_file_without_a_backup_stays),
      cmocka_unit_test(a_fifo_as_credentials_is_left_and_named),
      cmocka_unit_test(the_target_of_symlinked_credentials_is_replaced),
      cmocka_unit_test(a_dangling_symlink_as_credentials_is_left_and_named),
      cmocka_unit_test(a_busy_lock_of_claudes_is_respected_and_the_next_login_tries_again),
      cmocka_unit_test(no_lock_is_taken_with_less_than_200_ms_left),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
