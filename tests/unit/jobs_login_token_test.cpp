// `login`: the setup token, from the store into the session and out of it again.
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "jobs/login.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// A user whose store has nothing yet.
struct Home : UserHome {
  Home() { make_store_empty(); }

  void token_in_store(const std::string& name) const {
    set_field("setup_token", setup_token(name));
  }
  void token_here(const std::string& name) const {
    std::filesystem::create_directories(paths.config_dir);
    put(paths.token_env, "CLAUDE_CODE_OAUTH_TOKEN=" + setup_token(name) + "\n");
  }
  void accept(const std::string& name) const {
    change_stamps([&](Stamps& stamps) {
      stamps.accepted_setup_tokens.add(token_fingerprint(setup_token(name)));
    });
  }
  void reject(const std::string& name) const {
    change_stamps([&](Stamps& stamps) {
      stamps.rejected_setup_tokens.add(token_fingerprint(setup_token(name)));
    });
  }
  /// The name of the token in the env file; "none" without a file, "other" for anything else.
  [[nodiscard]] std::string env_file() const {
    if (!exists(paths.token_env)) return "none";
    const Secret token = parse_oauth_env(contents(paths.token_env));
    const std::string text(token.view());
    return text.empty() ? "other" : text.substr(setup_token("").size());
  }
};

std::string told(const std::string& name) {
  return "T " + setup_token(name) + "\n";
}

void an_accepted_token_is_materialized(void**) {
  const Home home;
  home.write_login("one");
  home.token_in_store("new");
  home.accept("new");
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), told("new").c_str());
  assert_string_equal(home.env_file().c_str(), "new");
  assert_string_equal(ran.words().c_str(), "OK");
}

void an_env_file_is_private(void**) {
  const Home home;
  home.token_in_store("new");
  static_cast<void>(home.login());
  struct stat file{};
  assert_int_equal(::lstat(home.paths.token_env.c_str(), &file), 0);
  assert_int_equal(file.st_mode, S_IFREG | 0600);
}

void a_fresh_token_is_used_without_asking(void**) {
  const Home home;
  home.token_here("here");
  home.be_fresh();
  home.garble_store();
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), told("here").c_str());
  assert_string_equal(ran.words().c_str(), "");
}

void a_known_token_is_asked_for_and_said_once(void**) {
  const Home home;
  home.token_in_store("here");
  home.token_here("here");
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), told("here").c_str());
  assert_string_equal(ran.words().c_str(), "");
  assert_true(home.stamps().store_read_at == home.clock.at);
}

void an_untried_token_is_used_where_nothing_else_is_usable(void**) {
  const Home home;
  home.token_in_store("new");
  assert_string_equal(home.login().said.c_str(), ("W\n" + told("new")).c_str());
  assert_string_equal(home.env_file().c_str(), "new");
}

void an_untried_token_waits_while_a_login_works(void**) {
  const Home home;
  home.write_login("one");
  home.token_in_store("new");
  assert_string_equal(home.login().said.c_str(), "");
  assert_string_equal(home.env_file().c_str(), "none");
}

void an_untried_token_waits_while_the_one_here_works(void**) {
  const Home home;
  home.token_here("old");
  home.token_in_store("new");
  assert_string_equal(home.login().said.c_str(), told("old").c_str());
  assert_string_equal(home.env_file().c_str(), "old");
}

void a_changed_token_replaces_the_one_here(void**) {
  const Home home;
  home.token_here("old");
  home.token_in_store("new");
  home.accept("new");
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), (told("old") + told("new")).c_str());
  assert_string_equal(home.env_file().c_str(), "new");
}

void a_removed_token_is_taken_back(void**) {
  const Home home;
  home.token_here("old");
  home.write_login("one");
  assert_string_equal(home.login().said.c_str(), (told("old") + "U\n").c_str());
  assert_string_equal(home.env_file().c_str(), "none");
}

void a_removed_token_gives_way_to_the_login_in_the_store(void**) {
  const Home home;
  home.backed_up("one");
  home.lose();
  home.token_here("old");
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "one");
  assert_string_equal(ran.said.c_str(), (told("old") + "U\n").c_str());
  assert_string_equal(ran.words().c_str(), "RECOVERED");
}

void an_outage_never_removes_the_env_file(void**) {
  const Home home;
  home.token_here("here");
  home.garble_store();
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), told("here").c_str());
  assert_string_equal(home.env_file().c_str(), "here");
  assert_string_equal(ran.words().c_str(), "WARN");
}

void a_login_is_not_restored_while_a_token_is_in_force(void**) {
  const Home home;
  home.backed_up("one");
  home.lose();
  home.token_in_store("new");
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "none");
}

void a_rejected_token_is_taken_out_of_the_env_file_without_asking(void**) {
  const Home home;
  home.token_here("bad");
  home.reject("bad");
  home.write_login("one");
  home.be_fresh();
  assert_string_equal(home.login().said.c_str(), "");
  assert_string_equal(home.env_file().c_str(), "none");
}

void a_rejected_token_is_told_and_not_used(void**) {
  const Home home;
  home.write_login("one");
  home.token_in_store("bad");
  home.reject("bad");
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), "N 4 0\n");
  assert_string_equal(home.env_file().c_str(), "none");
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("setup-token set"));
}

void a_rejected_token_does_not_keep_a_lost_login_away(void**) {
  const Home home;
  home.backed_up("one");
  home.lose();
  home.token_in_store("bad");
  home.reject("bad");
  assert_string_equal(home.login().said.c_str(), "W\nN 4 0\n");
  assert_string_equal(home.generation().c_str(), "one");
}

void a_token_of_a_wrong_shape_is_none(void**) {
  const Home home;
  home.backed_up("one");
  home.lose();
  home.set_field("setup_token", "TEST-no-setup-token");
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), "W\n");
  assert_string_equal(ran.words().c_str(), "WARN RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
}

void the_end_of_a_token_is_announced_30_days_ahead(void**) {
  const Home home;
  home.token_here("here");
  home.token_in_store("here");
  home.set_field("setup_token_stored_at", iso8601(home.clock.at - 335 * 24h));
  const std::string said = told("here") + "N 3 30\n";
  assert_string_equal(home.login().said.c_str(), said.c_str());
  // The next one asks nobody, and remembers.
  assert_string_equal(home.login().said.c_str(), said.c_str());
}

void a_token_that_ends_later_is_not_announced(void**) {
  const Home home;
  home.token_here("here");
  home.token_in_store("here");
  home.set_field("setup_token_stored_at", iso8601(home.clock.at - 334 * 24h));
  assert_string_equal(home.login().said.c_str(), told("here").c_str());
}

void a_token_without_a_date_is_not_announced(void**) {
  const Home home;
  home.token_here("here");
  home.token_in_store("here");
  assert_string_equal(home.login().said.c_str(), told("here").c_str());
}

void a_login_with_a_token_announces_no_end_of_the_login(void**) {
  const Home home;
  home.write_login_with("one", R"(,"refreshTokenExpiresAt":1)");
  home.token_here("here");
  home.be_fresh();
  assert_string_equal(home.login().said.c_str(), told("here").c_str());
}

void a_token_is_in_the_session_although_the_state_cannot_be_written(void**) {
  const Home home;
  home.token_here("here");
  std::filesystem::create_directories(home.paths.state_dir);
  assert_int_equal(::mkfifo(home.paths.state.c_str(), 0600), 0);
  const Ran ran = home.login();
  assert_string_equal(ran.said.c_str(), told("here").c_str());
  assert_string_equal(ran.words().c_str(), "FAIL");
}

// --- what stands where the env file belongs ---

/// The file in the env file's place is still this one, a lost login was restored all the same.
void assert_left_alone(const Home& home, mode_t type, const std::string& bytes) {
  home.backed_up("one");
  home.lose();
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "one");
  assert_string_equal(ran.said.c_str(), "W\n");
  struct stat file{};
  assert_int_equal(::lstat(home.paths.token_env.c_str(), &file), 0);
  assert_int_equal(file.st_mode & S_IFMT, type);
  if (S_ISREG(type)) assert_string_equal(contents(home.paths.token_env).c_str(), bytes.c_str());
  if (!S_ISREG(type)) assert_true(ran.logs(home.paths.token_env));
}

/// With a config directory.
struct Prepared : Home {
  Prepared() { std::filesystem::create_directories(paths.config_dir); }
};

void a_fifo_is_left_alone(void**) {
  const Prepared home;
  assert_int_equal(::mkfifo(home.paths.token_env.c_str(), 0600), 0);
  assert_left_alone(home, S_IFIFO, "");
}

void a_symlink_is_left_alone(void**) {
  const Prepared home;
  put(home.dir / "precious", "TEST");
  assert_int_equal(::symlink((home.dir / "precious").c_str(), home.paths.token_env.c_str()), 0);
  assert_left_alone(home, S_IFLNK, "");
}

void a_directory_is_left_alone(void**) {
  const Prepared home;
  assert_int_equal(::mkdir(home.paths.token_env.c_str(), 0700), 0);
  assert_left_alone(home, S_IFDIR, "");
}

void lines_that_are_not_ours_are_left_alone(void**) {
  const Prepared home;
  put(home.paths.token_env, "PRECIOUS=TEST\n");
  assert_left_alone(home, S_IFREG, "PRECIOUS=TEST\n");
}

void lines_that_are_not_ours_are_not_replaced_by_a_token(void**) {
  const Prepared home;
  put(home.paths.token_env, "PRECIOUS=TEST\n");
  home.token_in_store("new");
  const Ran ran = home.login();
  assert_string_equal(contents(home.paths.token_env).c_str(), "PRECIOUS=TEST\n");
  assert_string_equal(ran.said.c_str(), ("W\n" + told("new")).c_str());
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs(home.paths.token_env));
}

void an_empty_env_file_is_filled(void**) {
  const Prepared home;
  put(home.paths.token_env, "");
  home.token_in_store("new");
  static_cast<void>(home.login());
  assert_string_equal(home.env_file().c_str(), "new");
}

void a_token_that_cannot_be_written_down_is_in_every_session(void**) {
  const Prepared home;
  home.write_login("one");
  assert_int_equal(::mkdir(home.paths.token_env.c_str(), 0700), 0);
  home.token_in_store("new");
  home.accept("new");
  for (int login = 0; login < 2; ++login) {
    const Ran ran = home.login();
    assert_string_equal(ran.said.c_str(), told("new").c_str());
    assert_string_equal(ran.words().c_str(), "FAIL");
  }
}

/// A login that dies when it wants to tell the module of a token: with nobody there to read, its
/// own SIGPIPE ends it.
void die_telling(const Home& home) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe(ends.data()), 0);
  const UniqueFd in(ends[1]);
  ::close(ends[0]);
  const pid_t pid = start_forked([&] {
    Context context = home.context();
    ReplyWriter reply(in.get());
    return login(context, {.refresh = 20s, .total = 30s}, reply) == 0;
  });
  int status = 0;
  assert_int_equal(::waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

void what_a_login_died_over_is_done_by_the_next(void**) {
  const Home home;
  home.write_login("one");
  home.token_in_store("new");
  home.accept("new");
  die_telling(home);
  assert_string_equal(home.env_file().c_str(), "none");
  assert_string_equal(home.login().said.c_str(), told("new").c_str());
  assert_string_equal(home.env_file().c_str(), "new");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_accepted_token_is_materialized),
      cmocka_unit_test(an_env_file_is_private),
      cmocka_unit_test(a_fresh_token_is_used_without_asking),
      cmocka_unit_test(a_known_token_is_asked_for_and_said_once),
      cmocka_unit_test(an_untried_token_is_used_where_nothing_else_is_usable),
      cmocka_unit_test(an_untried_token_waits_while_a_login_works),
      cmocka_unit_test(an_untried_token_waits_while_the_one_here_works),
      cmocka_unit_test(a_changed_token_replaces_the_one_here),
      cmocka_unit_test(a_removed_token_is_taken_back),
      cmocka_unit_test(a_removed_token_gives_way_to_the_login_in_the_store),
      cmocka_unit_test(an_outage_never_removes_the_env_file),
      cmocka_unit_test(a_login_is_not_restored_while_a_token_is_in_force),
      cmocka_unit_test(a_rejected_token_is_taken_out_of_the_env_file_without_asking),
      cmocka_unit_test(a_rejected_token_is_told_and_not_used),
      cmocka_unit_test(a_rejected_token_does_not_keep_a_lost_login_away),
      cmocka_unit_test(a_token_of_a_wrong_shape_is_none),
      cmocka_unit_test(the_end_of_a_token_is_announced_30_days_ahead),
      cmocka_unit_test(a_token_that_ends_later_is_not_announced),
      cmocka_unit_test(a_token_without_a_date_is_not_announced),
      cmocka_unit_test(a_login_with_a_token_announces_no_end_of_the_login),
      cmocka_unit_test(a_token_is_in_the_session_although_the_state_cannot_be_written),
      cmocka_unit_test(a_fifo_is_left_alone),
      cmocka_unit_test(a_symlink_is_left_alone),
      cmocka_unit_test(a_directory_is_left_alone),
      cmocka_unit_test(lines_that_are_not_ours_are_left_alone),
      cmocka_unit_test(lines_that_are_not_ours_are_not_replaced_by_a_token),
      cmocka_unit_test(an_empty_env_file_is_filled),
      cmocka_unit_test(a_token_that_cannot_be_written_down_is_in_every_session),
      cmocka_unit_test(what_a_login_died_over_is_done_by_the_next),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
