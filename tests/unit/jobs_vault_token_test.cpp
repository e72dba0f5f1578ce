// `vault-token set` and `remove`: the token arrives whole and for its user alone, or not at all.
#include "jobs/vault_token.h"

#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "jobs/pause.h"
#include "needs_root.h"
#include "standard_streams.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kToken[] = "hvs.TEST-scoped-token";

Ran set(const UserHome& home, const std::string& input) {
  const PipedInput piped(input);
  return home.run(set_vault_token);
}

Ran remove(const UserHome& home) {
  return home.run(remove_vault_token);
}

/// One FAIL sentence with `reason` in it, and no more.
void assert_refused(const Ran& ran, const std::string& reason) {
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_int_equal(ran.exit_status, 1);
  if (!ran.logs(reason)) fail_msg("not \"%s\": %s", reason.c_str(), ran.logged[0].c_str());
}

void the_token_is_in_place(void**) {
  const UserHome home;
  const Ran ran = set(home, std::string(kToken) + "\n");
  assert_string_equal(ran.words().c_str(), "OK");
  assert_int_equal(ran.exit_status, 0);
  assert_string_equal(contents(home.paths.vault_token).c_str(), "hvs.TEST-scoped-token\n");
}

void it_is_for_the_user_alone(void**) {
  const UserHome home;
  static_cast<void>(set(home, kToken));
  struct stat file{};
  struct stat directory{};
  assert_int_equal(::stat(home.paths.vault_token.c_str(), &file), 0);
  assert_int_equal(::stat(home.paths.config_dir.c_str(), &directory), 0);
  assert_int_equal(file.st_mode & 0777, 0600);
  assert_int_equal(directory.st_mode & 0777, 0700);
}

void a_wide_open_file_is_replaced_by_a_private_one(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.vault_token, "hvs.TEST-before", 0666);
  static_cast<void>(set(home, kToken));
  struct stat file{};
  assert_int_equal(::stat(home.paths.vault_token.c_str(), &file), 0);
  assert_int_equal(file.st_mode & 0777, 0600);
}

void the_place_that_was_configured_is_used(void**) {
  UserHome home;
  home.paths.vault_token = home.dir / "elsewhere/deep/token";
  assert_int_equal(set(home, kToken).exit_status, 0);
  assert_true(exists(home.paths.vault_token));
}

void a_token_of_no_shape_is_refused(void**) {
  const UserHome home;
  for (const char* input : {"", "\n", "two words\n", "\x01\n"}) {
    assert_refused(set(home, input), "no Vault token");
    assert_false(exists(home.paths.vault_token));
  }
}

void an_endless_line_is_refused(void**) {
  const UserHome home;
  assert_refused(set(home, std::string(5'000, 'x')), "standard input");
}

void the_token_is_in_no_log(void**) {
  const UserHome home;
  static_cast<void>(set(home, kToken));
  assert_false(contents(home.paths.log).contains("TEST-scoped"));
  assert_false(contents(home.paths.last_status).contains("TEST-scoped"));
}

void what_was_found_out_with_the_one_before_is_forgotten(void**) {
  const UserHome home;
  home.change_stamps([&](Stamps& stamps) {
    stamps.verified_vault_token = token_fingerprint(kToken);
    stamps.vault_token_verified_at = home.clock.at;
    stamps.store_retry_at = home.clock.at + 5min;
  });
  static_cast<void>(set(home, kToken));
  assert_true(home.stamps().verified_vault_token.empty());
  assert_false(home.stamps().vault_token_verified_at.has_value());
  assert_false(home.stamps().store_retry_at.has_value());
}

void a_paused_user_gets_it(void**) {
  const UserHome home;
  static_cast<void>(home.run(pause));
  assert_int_equal(set(home, kToken).exit_status, 0);
  assert_true(exists(home.paths.vault_token));
}

void a_symlink_is_replaced_and_not_followed(void**) {
  const UserHome home;
  put(home.dir / "precious", "precious");
  std::filesystem::create_directories(home.paths.config_dir);
  std::filesystem::create_symlink(home.dir / "precious", home.paths.vault_token);
  assert_int_equal(set(home, kToken).exit_status, 0);
  assert_string_equal(contents(home.dir / "precious").c_str(), "precious");
  assert_true(
      std::filesystem::is_regular_file(std::filesystem::symlink_status(home.paths.vault_token)));
}

void a_directory_in_its_place_is_left(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.vault_token);
  assert_refused(set(home, kToken), home.paths.vault_token);
  assert_true(std::filesystem::is_directory(home.paths.vault_token));
}

void a_fifo_as_the_directory_is_refused(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.user.home + "/.config");
  assert_int_equal(::mkfifo(home.paths.config_dir.c_str(), 0600), 0);
  assert_refused(set(home, kToken), home.paths.config_dir);
}

void a_directory_of_somebody_else_is_refused(void**) {
  needs_root();
  const UserHome home;
  std::filesystem::create_directories(home.paths.config_dir);
  assert_int_equal(::chown(home.paths.config_dir.c_str(), kNobody, kNobody), 0);
  assert_refused(set(home, kToken), "belongs to another user");
  assert_false(exists(home.paths.vault_token));
}

void a_home_of_somebody_else_is_refused(void**) {
  needs_root();
  const UserHome home;
  std::filesystem::create_directories(home.paths.config_dir);
  assert_int_equal(::chown(home.user.home.c_str(), kNobody, kNobody), 0);
  assert_refused(set(home, kToken), "belongs to another user");
  assert_false(exists(home.paths.vault_token));
}

void a_user_without_a_home_is_refused(void**) {
  UserHome home;
  home.user.home = home.dir / "nowhere";
  assert_refused(set(home, kToken), "nowhere does not exist");
}

void a_state_that_cannot_be_kept_is_refused_before_anything_is_written(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.state_dir);
  assert_int_equal(::mkfifo(home.paths.state.c_str(), 0600), 0);
  assert_refused(set(home, kToken), home.paths.state);
  assert_false(exists(home.paths.vault_token));
}

void a_full_disk_leaves_the_one_before(void**) {
  const UserHome home;
  static_cast<void>(set(home, "hvs.TEST-before"));
  // No file may grow any more: sync.log neither.
  assert_true(succeeded(start_forked([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit nothing{.rlim_cur = 0, .rlim_max = 0};
    return ::setrlimit(RLIMIT_FSIZE, &nothing) == 0 && set(home, kToken).exit_status == 1;
  })));
  assert_string_equal(contents(home.paths.vault_token).c_str(), "hvs.TEST-before\n");
  assert_int_equal(entries_in(home.paths.config_dir), 1);
}

void what_a_killed_one_left_is_removed(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.config_dir);
  put(temporary_prefix(home.paths.vault_token) + "0123", "hvs.TEST-half");
  static_cast<void>(set(home, kToken));
  assert_int_equal(entries_in(home.paths.config_dir), 1);
}

void a_removed_token_is_gone(void**) {
  const UserHome home;
  static_cast<void>(set(home, kToken));
  const Ran ran = remove(home);
  assert_true(ran.logs("OK Vault token removed"));
  assert_int_equal(ran.exit_status, 0);
  assert_false(exists(home.paths.vault_token));
}

void an_absent_token_is_removed_with_success(void**) {
  const UserHome home;
  const Ran ran = remove(home);
  assert_true(ran.logs("OK there was no Vault token"));
  assert_int_equal(ran.exit_status, 0);
}

void a_removed_symlink_leaves_its_target(void**) {
  const UserHome home;
  put(home.dir / "precious", "precious");
  std::filesystem::create_directories(home.paths.config_dir);
  std::filesystem::create_symlink(home.dir / "precious", home.paths.vault_token);
  assert_int_equal(remove(home).exit_status, 0);
  assert_false(exists(home.paths.vault_token));
  assert_true(exists(home.dir / "precious"));
}

void a_directory_is_not_removed(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.vault_token);
  assert_refused(remove(home), home.paths.vault_token);
}

void a_state_that_cannot_be_kept_stops_no_removal(void**) {
  const UserHome home;
  static_cast<void>(set(home, kToken));
  std::filesystem::remove(home.paths.state);
  assert_int_equal(::mkfifo(home.paths.state.c_str(), 0600), 0);
  assert_string_equal(remove(home).words().c_str(), "WARN OK");
  assert_false(exists(home.paths.vault_token));
}

void a_check_tells_what_the_file_is(void**) {
  const UserHome home;
  assert_int_equal(check_vault_token(home.context()).state, VaultTokenState::absent);
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.vault_token, "two words");
  assert_int_equal(check_vault_token(home.context()).state, VaultTokenState::unreadable);
  put(home.paths.vault_token, kToken, 0644);
  assert_int_equal(check_vault_token(home.context()).state, VaultTokenState::unreadable);
}

void a_check_is_printed_as_one_object(void**) {
  const TokenFacts facts{.display_name = "token-made-\x1bup",
                         .policies = {"default", "made-up"},
                         .identity_policies = {"of-the-entity"},
                         .accessor = "TEST-accessor",
                         .ttl = 3'600s,
                         .renewable = true};
  const std::string text = output_of([&] {
    print_vault_token({.state = VaultTokenState::foreign, .problem = "why", .facts = facts});
  });
  assert_string_equal(text.c_str(),
                      R"({"format":1,"state":"foreign","accessor":"TEST-accessor",)"
                      R"("display_name":"token-made-?up",)"
                      R"("policies":["default","made-up","of-the-entity"],"ttl":3600,)"
                      R"("renewable":true,"problem":"why"})"
                      "\n");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_token_is_in_place),
      cmocka_unit_test(it_is_for_the_user_alone),
      cmocka_unit_test(a_wide_open_file_is_replaced_by_a_private_one),
      cmocka_unit_test(the_place_that_was_configured_is_used),
      cmocka_unit_test(a_token_of_no_shape_is_refused),
      cmocka_unit_test(an_endless_line_is_refused),
      cmocka_unit_test(the_token_is_in_no_log),
      cmocka_unit_test(what_was_found_out_with_the_one_before_is_forgotten),
      cmocka_unit_test(a_paused_user_gets_it),
      cmocka_unit_test(a_symlink_is_replaced_and_not_followed),
      cmocka_unit_test(a_directory_in_its_place_is_left),
      cmocka_unit_test(a_fifo_as_the_directory_is_refused),
      cmocka_unit_test(a_directory_of_somebody_else_is_refused),
      cmocka_unit_test(a_home_of_somebody_else_is_refused),
      cmocka_unit_test(a_user_without_a_home_is_refused),
      cmocka_unit_test(a_state_that_cannot_be_kept_is_refused_before_anything_is_written),
      cmocka_unit_test(a_full_disk_leaves_the_one_before),
      cmocka_unit_test(what_a_killed_one_left_is_removed),
      cmocka_unit_test(a_removed_token_is_gone),
      cmocka_unit_test(an_absent_token_is_removed_with_success),
      cmocka_unit_test(a_removed_symlink_leaves_its_target),
      cmocka_unit_test(a_directory_is_not_removed),
      cmocka_unit_test(a_state_that_cannot_be_kept_stops_no_removal),
      cmocka_unit_test(a_check_tells_what_the_file_is),
      cmocka_unit_test(a_check_is_printed_as_one_object),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
