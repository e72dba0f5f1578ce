// `setup-token set` and `setup-token remove`; a shell script stands in for `claude`.
#include "jobs/setup_token.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "jobs/pause.h"
#include "standard_streams.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kRejects[] = "echo 'Failed to authenticate. API Error: 401'; exit 1";
constexpr char kAccepts[] = "echo AUTH_OK";

struct Home : UserHome {
  Home() { environment = {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", dir.path()}}; }

  /// `claude` counts its calls and does `script`.
  void claude_does(const std::string& script) const {
    std::filesystem::create_directories(user.home + "/.local/bin");
    put(user.home + "/.local/bin/claude",
        "#!/bin/sh\necho >>'" + (dir / "calls") + "'\n" + script + "\n", 0755);
  }
  [[nodiscard]] std::size_t calls() const { return contents(dir / "calls").size(); }

  /// With `input` on standard input, from a pipe.
  [[nodiscard]] Ran set(const std::string& input, TokenCheck check = TokenCheck::try_it) const {
    const PipedInput piped(input);
    return run([&](Context& context) { return set_setup_token(context, check); });
  }

  /// In the store, in the env file, and no more.
  [[nodiscard]] bool has(const std::string& token) const {
    return field("setup_token") == token &&
           contents(paths.token_env) == "CLAUDE_CODE_OAUTH_TOKEN=" + token + "\n";
  }
  [[nodiscard]] bool has_none() const {
    return field("setup_token") == "none" && !exists(paths.token_env);
  }
  [[nodiscard]] bool accepted(const std::string& token) const {
    return stamps().accepted_setup_tokens.contains(token_fingerprint(token));
  }
  [[nodiscard]] bool rejected(const std::string& token) const {
    return stamps().rejected_setup_tokens.contains(token_fingerprint(token));
  }
};

const std::string kToken = setup_token("new");

void a_token_that_claude_accepts_is_stored(void**) {
  const Home home;
  home.claude_does(kAccepts);
  const Ran ran = home.set(kToken + "\n");
  assert_string_equal(ran.words().c_str(), "OK");
  assert_int_equal(ran.exit_status, 0);
  assert_int_equal(home.calls(), 1);
  assert_true(home.has(kToken));
  assert_true(home.accepted(kToken));
}

void the_time_of_storing_is_written(void**) {
  const Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  assert_string_equal(home.field("setup_token_stored_at").c_str(), "2027-01-15T08:00:00Z");
  assert_true(home.stamps().setup_token_stored_at == home.clock.at);
}

void a_token_without_a_newline_and_with_blanks_is_taken(void**) {
  const Home home;
  static_cast<void>(home.set(" \t" + kToken + "\r", TokenCheck::take_my_word));
  assert_true(home.has(kToken));
}

void only_the_first_line_is_read(void**) {
  const Home home;
  static_cast<void>(home.set(kToken + "\nmore\n", TokenCheck::take_my_word));
  assert_true(home.has(kToken));
}

void a_token_that_claude_rejects_twice_is_not_stored(void**) {
  const Home home;
  home.claude_does(kRejects);
  const Ran ran = home.set(kToken + "\n");
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_int_equal(ran.exit_status, 1);
  assert_int_equal(home.calls(), 2);
  assert_true(home.has_none());
  assert_true(home.rejected(kToken));
}

void the_rejected_token_that_sessions_have_leaves_them(void**) {
  const Home home;
  home.claude_does(kAccepts);
  assert_string_equal(home.set(kToken + "\n").words().c_str(), "OK");
  home.claude_does(kRejects);
  assert_string_equal(home.set(kToken + "\n").words().c_str(), "FAIL");
  assert_false(exists(home.paths.token_env));
}

void a_token_that_claude_rejects_once_is_stored(void**) {
  const Home home;
  home.claude_does("[ $(wc -l <'" + (home.dir / "calls") + "') -gt 1 ] || { " + kRejects + "; }\n" +
                   kAccepts);
  assert_string_equal(home.set(kToken + "\n").words().c_str(), "OK");
  assert_int_equal(home.calls(), 2);
  assert_true(home.has(kToken));
}

void a_token_that_could_not_be_checked_is_not_stored(void**) {
  const Home home;
  home.claude_does("echo 'API Error: 529 overloaded'; exit 1");
  const Ran ran = home.set(kToken + "\n");
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("--no-check"));
  assert_true(home.has_none());
  assert_false(home.rejected(kToken));
}

void no_check_asks_nobody(void**) {
  const Home home;
  home.claude_does(kRejects);
  assert_string_equal(home.set(kToken, TokenCheck::take_my_word).words().c_str(), "OK");
  assert_int_equal(home.calls(), 0);
  assert_true(home.accepted(kToken));
}

void without_a_claude_the_word_is_taken_with_a_warning(void**) {
  Home home;
  home.environment["PATH"] = "/none";
  assert_string_equal(home.set(kToken).words().c_str(), "WARN OK");
  assert_true(home.has(kToken));
}

void a_word_takes_a_rejection_back(void**) {
  const Home home;
  home.claude_does(kRejects);
  static_cast<void>(home.set(kToken));
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  assert_true(home.accepted(kToken));
  assert_false(home.rejected(kToken));
}

void what_is_no_setup_token_is_refused(void**) {
  for (const std::string& input :
       {std::string(), std::string("\n"), std::string("sk-ant-oat01-"),
        std::string("sk-ant-api03-TEST\n"), "sk-ant-oat01-" + std::string(5'000, 'x')}) {
    const Home home;
    const Ran ran = home.set(input, TokenCheck::take_my_word);
    assert_string_equal(ran.words().c_str(), "FAIL");
    assert_true(home.has_none());
  }
}

void the_same_token_again_keeps_its_year(void**) {
  Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  home.clock.at += 24h;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  assert_string_equal(home.field("setup_token_stored_at").c_str(), "2027-01-15T08:00:00Z");
  assert_int_equal(home.document().version, 1);
}

void a_token_that_was_put_there_by_hand_gets_its_year(void**) {
  const Home home;
  home.set_field("setup_token", kToken);
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  assert_string_equal(home.field("setup_token_stored_at").c_str(), "2027-01-15T08:00:00Z");
}

void another_token_replaces_the_one_before(void**) {
  Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  home.clock.at += 24h;
  static_cast<void>(home.set(setup_token("second"), TokenCheck::take_my_word));
  assert_true(home.has(setup_token("second")));
  assert_string_equal(home.field("setup_token_stored_at").c_str(), "2027-01-16T08:00:00Z");
}

void a_token_keeps_the_rest_of_the_document(void**) {
  const Home home;
  home.backed_up("one");
  home.set_field("vaultwarden_made_up", "TEST");
  const std::string login = home.field("claude_ai_oauth_json");
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  assert_string_equal(home.field("vaultwarden_made_up").c_str(), "TEST");
  assert_string_equal(home.field("claude_ai_oauth_json").c_str(), login.c_str());
}

void a_store_that_cannot_be_read_is_not_written(void**) {
  const Home home;
  home.garble_store();
  assert_string_equal(home.set(kToken, TokenCheck::take_my_word).words().c_str(), "FAIL");
  assert_false(exists(home.paths.token_env));
}

void a_stored_token_is_in_sessions_although_the_env_file_is_in_the_way(void**) {
  const Home home;
  home.backed_up("one");
  home.be_fresh();
  std::filesystem::create_directories(home.paths.token_env);
  assert_string_equal(home.set(kToken, TokenCheck::take_my_word).words().c_str(), "FAIL");
  assert_string_equal(home.login().said.c_str(), ("T " + kToken + "\n").c_str());
}

void a_removed_token_is_gone_from_store_and_env_file(void**) {
  const Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  const Ran ran = home.run(remove_setup_token);
  assert_string_equal(ran.words().c_str(), "OK");
  assert_true(home.has_none());
  assert_string_equal(home.field("setup_token_stored_at").c_str(), "none");
}

void a_removed_token_that_stayed_in_the_env_file_is_gone_after_the_next_login(void**) {
  const Home home;
  home.write_login("one");
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  home.be_fresh();
  assert_int_equal(::chmod(home.paths.token_env.c_str(), 0644), 0);
  assert_string_equal(home.run(remove_setup_token).words().c_str(), "FAIL");
  assert_int_equal(::chmod(home.paths.token_env.c_str(), 0600), 0);
  static_cast<void>(home.login());
  assert_true(home.has_none());
}

void removing_keeps_the_rest_of_the_document(void**) {
  const Home home;
  home.backed_up("one");
  home.set_field("vaultwarden_made_up", "TEST");
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  static_cast<void>(home.run(remove_setup_token));
  assert_string_equal(home.field("vaultwarden_made_up").c_str(), "TEST");
  assert_true(home.field("claude_ai_oauth_json") != "none");
}

void removing_nothing_writes_nothing(void**) {
  const Home home;
  home.backed_up("one");
  assert_string_equal(home.run(remove_setup_token).words().c_str(), "OK");
  assert_int_equal(home.document().version, 1);
}

void removing_without_an_answer_keeps_the_env_file(void**) {
  const Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  home.garble_store();
  assert_string_equal(home.run(remove_setup_token).words().c_str(), "FAIL");
  assert_true(exists(home.paths.token_env));
}

void a_token_is_never_logged(void**) {
  const Home home;
  home.claude_does("echo $CLAUDE_CODE_OAUTH_TOKEN; exit 1");
  static_cast<void>(home.set(kToken));
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  static_cast<void>(home.login());
  static_cast<void>(home.run(remove_setup_token));
  assert_false(contents(home.paths.log).contains(kToken));
}

void a_paused_user_is_left_alone(void**) {
  const Home home;
  static_cast<void>(home.set(kToken, TokenCheck::take_my_word));
  static_cast<void>(home.run(pause));
  assert_string_equal(home.set(setup_token("second"), TokenCheck::take_my_word).words().c_str(),
                      "SKIP");
  assert_string_equal(home.run(remove_setup_token).words().c_str(), "SKIP");
  assert_true(home.has(kToken));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_token_that_claude_accepts_is_stored),
      cmocka_unit_test(the_time_of_storing_is_written),
      cmocka_unit_test(a_token_without_a_newline_and_with_blanks_is_taken),
      cmocka_unit_test(only_the_first_line_is_read),
      cmocka_unit_test(a_token_that_claude_rejects_twice_is_not_stored),
      cmocka_unit_test(the_rejected_token_that_sessions_have_leaves_them),
      cmocka_unit_test(a_token_that_claude_rejects_once_is_stored),
      cmocka_unit_test(a_token_that_could_not_be_checked_is_not_stored),
      cmocka_unit_test(no_check_asks_nobody),
      cmocka_unit_test(without_a_claude_the_word_is_taken_with_a_warning),
      cmocka_unit_test(a_word_takes_a_rejection_back),
      cmocka_unit_test(what_is_no_setup_token_is_refused),
      cmocka_unit_test(the_same_token_again_keeps_its_year),
      cmocka_unit_test(a_token_that_was_put_there_by_hand_gets_its_year),
      cmocka_unit_test(another_token_replaces_the_one_before),
      cmocka_unit_test(a_token_keeps_the_rest_of_the_document),
      cmocka_unit_test(a_store_that_cannot_be_read_is_not_written),
      cmocka_unit_test(a_stored_token_is_in_sessions_although_the_env_file_is_in_the_way),
      cmocka_unit_test(a_removed_token_is_gone_from_store_and_env_file),
      cmocka_unit_test(a_removed_token_that_stayed_in_the_env_file_is_gone_after_the_next_login),
      cmocka_unit_test(removing_keeps_the_rest_of_the_document),
      cmocka_unit_test(removing_nothing_writes_nothing),
      cmocka_unit_test(removing_without_an_answer_keeps_the_env_file),
      cmocka_unit_test(a_token_is_never_logged),
      cmocka_unit_test(a_paused_user_is_left_alone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
