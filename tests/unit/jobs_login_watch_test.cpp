// LoginWatch: what it tells of, and where it has to be asked.
#include "jobs/login_watch.h"

#include <poll.h>
#include <sys/stat.h>

#include <filesystem>

#include "cmocka_cpp.h"
#include "forked.h"

namespace claude_auth {
namespace {

using namespace test;

constexpr int kLongEnoughMs = 20'000;

struct Home {
  TemporaryDirectory dir;
  Paths paths = *paths_for({.uid = ::geteuid(), .name = "made-up-user", .home = dir.path()},
                           no_environment());

  void make_claude_directory() const { std::filesystem::create_directory(paths.claude_dir); }
  void write() const { put(paths.credentials, "{}"); }
};

/// Something happened, and the credentials file has to be looked at.
bool told(LoginWatch& watch) {
  pollfd event{watch.fd(), POLLIN, 0};
  return ::poll(&event, 1, kLongEnoughMs) == 1 && watch.drain();
}

void a_write_in_place_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  home.write();
  LoginWatch watch(home.paths);
  home.write();
  assert_true(told(watch));
}

void a_rename_over_the_file_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  home.write();
  put(home.paths.claude_dir + "/new", "{}");
  LoginWatch watch(home.paths);
  std::filesystem::rename(home.paths.claude_dir + "/new", home.paths.credentials);
  assert_true(told(watch));
}

void a_removal_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  home.write();
  LoginWatch watch(home.paths);
  std::filesystem::remove(home.paths.credentials);
  assert_true(told(watch));
}

void another_file_is_not_told(void**) {
  const Home home;
  home.make_claude_directory();
  LoginWatch watch(home.paths);
  put(home.paths.claude_dir + "/history.jsonl", "{}");
  assert_false(told(watch));
}

void a_file_in_a_directory_that_came_later_is_told(void**) {
  const Home home;
  LoginWatch watch(home.paths);
  home.make_claude_directory();
  assert_true(told(watch));
  home.write();
  assert_true(told(watch));
}

void a_file_in_a_directory_that_was_replaced_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  LoginWatch watch(home.paths);
  std::filesystem::rename(home.paths.claude_dir, home.dir / "old");
  home.make_claude_directory();
  assert_true(told(watch));
  home.write();
  assert_true(told(watch));
}

void a_write_behind_a_symlink_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  std::filesystem::create_directory(home.dir / "elsewhere");
  const std::string target = home.dir / "elsewhere/credentials";
  put(target, "{}");
  std::filesystem::create_symlink(target, home.paths.credentials);
  LoginWatch watch(home.paths);
  put(target, "{}");
  assert_true(told(watch));
}

void a_setup_token_that_goes_is_told(void**) {
  const Home home;
  home.make_claude_directory();
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.token_env, "made up");
  LoginWatch watch(home.paths);
  std::filesystem::remove(home.paths.token_env);
  assert_true(told(watch));
}

void a_local_file_needs_no_polling(void**) {
  const Home home;
  home.make_claude_directory();
  assert_false(LoginWatch(home.paths).poll_interval().has_value());
}

void a_directory_that_cannot_be_watched_is_polled(void**) {
  assert_true(holds_without_root([] {
    const Home home;
    home.make_claude_directory();
    return ::chmod(home.paths.claude_dir.c_str(), 0300) == 0 &&
           LoginWatch(home.paths).poll_interval().has_value();
  }));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_write_in_place_is_told),
      cmocka_unit_test(a_rename_over_the_file_is_told),
      cmocka_unit_test(a_removal_is_told),
      cmocka_unit_test(another_file_is_not_told),
      cmocka_unit_test(a_file_in_a_directory_that_came_later_is_told),
      cmocka_unit_test(a_file_in_a_directory_that_was_replaced_is_told),
      cmocka_unit_test(a_write_behind_a_symlink_is_told),
      cmocka_unit_test(a_setup_token_that_goes_is_told),
      cmocka_unit_test(a_local_file_needs_no_polling),
      cmocka_unit_test(a_directory_that_cannot_be_watched_is_polled),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
