// `login`: stores that fail, memory that fails, and many logins at once.
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/secure_file.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "jobs/login.h"
#include "needs_root.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// A lost login that is in the store, which has no readable answer at the moment.
struct Outage : UserHome {
  Outage() {
    backed_up("one");
    lose();
    garble_store();
  }
};

void an_outage_is_no_empty_store(void**) {
  const Outage home;
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  // A person cannot help: nobody is told to log in.
  assert_string_equal(ran.said.c_str(), "W\n");
  assert_int_equal(ran.exit_status, 1);
}

void an_outage_leaves_a_valid_login_with_a_warning(void**) {
  const UserHome home;
  home.backed_up("one");
  home.garble_store();
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "WARN");
  assert_int_equal(ran.exit_status, 0);
  assert_string_equal(home.generation().c_str(), "one");
}

void an_outage_leaves_who_logged_out_with_a_warning(void**) {
  const UserHome home;
  home.backed_up("one");
  home.log_out();
  home.garble_store();
  assert_string_equal(home.login().words().c_str(), "WARN");
}

void an_outage_leaves_a_malformed_file_as_it_is(void**) {
  const Outage home;
  home.write_credentials("garbled");
  assert_string_equal(home.login().words().c_str(), "FAIL");
  assert_string_equal(contents(home.paths.credentials).c_str(), "garbled");
  assert_int_equal(entries_in(home.paths.claude_dir), 1);
}

void the_store_is_left_in_peace_for_retry_after(void**) {
  Outage home;
  static_cast<void>(home.login());
  home.repair_store();
  home.clock.at += home.config.retry_after - 1ms;
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "");
  assert_string_equal(home.generation().c_str(), "none");
}

void the_store_is_asked_again_after_retry_after(void**) {
  Outage home;
  static_cast<void>(home.login());
  home.repair_store();
  home.clock.at += home.config.retry_after;
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_long_retry_after_holds_as_long_as_it_says(void**) {
  Outage home;
  home.config.retry_after = 30 * 24h;
  static_cast<void>(home.login());
  home.repair_store();
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "none");
}

void a_clock_that_jumped_back_shuns_no_store_for_years(void**) {
  Outage home;
  static_cast<void>(home.login());
  home.repair_store();
  home.clock.at -= 365 * 24h;
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_good_answer_ends_the_shunning(void**) {
  Outage home;
  static_cast<void>(home.login());
  home.repair_store();
  home.clock.at += home.config.retry_after;
  static_cast<void>(home.login());
  assert_false(home.stamps().store_retry_at.has_value());
}

void a_login_that_died_while_it_asked_counts_as_a_failure(void**) {
  Outage home;
  home.repair_store();
  home.change_stamps([&](Stamps& stamps) { stamps.store_attempt_at = home.clock.at; });
  const Ran ran = home.login();
  assert_string_equal(home.generation().c_str(), "none");
  assert_string_equal(ran.words().c_str(), "FAIL");

  home.clock.at += home.config.retry_after;
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

/// Kills its process as soon as an attempt to ask the store is written down.
class DeadlyClock : public Clock {
 public:
  explicit DeadlyClock(const UserHome& home) : home_(home) {}
  [[nodiscard]] Instant now() const override {
    if (contents(home_.paths.state).contains("store_attempt_at_ms")) ::raise(SIGKILL);
    return home_.clock.at;
  }

 private:
  const UserHome& home_;
};

void an_attempt_is_written_down_before_the_store_is_asked(void**) {
  const Outage home;
  const pid_t killed = start_forked([&] {
    const DeadlyClock clock(home);
    Context context{.user = home.user,
                    .paths = home.paths,
                    .config = home.config,
                    .environment = no_environment(),
                    .clock = clock,
                    .log = StatusLog(home.paths.log, home.user.name, clock, Audience::log_only),
                    .warnings = {}};
    ReplyWriter nobody(-1);
    static_cast<void>(login(context, {.refresh = 20s, .total = 30s}, nobody));
    return true;
  });
  assert_false(succeeded(killed));
  home.repair_store();
  assert_true(home.login().logs("died"));
  assert_string_equal(home.generation().c_str(), "none");
}

void a_login_that_died_long_ago_is_forgotten(void**) {
  Outage home;
  home.repair_store();
  home.change_stamps([&](Stamps& stamps) { stamps.store_attempt_at = home.clock.at; });
  home.clock.at += home.config.retry_after;
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_login_whose_deadline_has_passed_asks_nobody_but_ends(void**) {
  Outage home;
  home.repair_store();
  assert_string_equal(home.login({.refresh = 1ms, .total = 1ms}).words().c_str(), "FAIL");
  assert_string_equal(home.generation().c_str(), "none");
}

// --- memory ---

/// `path` is a FIFO from now on.
void block(const std::string& path) {
  ::unlink(path.c_str());
  if (::mkfifo(path.c_str(), 0600) != 0) fail();
}

/// A lost login stays lost, since the store is not asked, and `path` is named.
void assert_not_asked(const UserHome& home, const std::string& path) {
  const Ran ran = home.login();
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs(path));
  assert_string_equal(home.generation().c_str(), "none");
  assert_int_equal(ran.exit_status, 1);
}

void state_that_cannot_be_trusted_keeps_the_store_out(void**) {
  Outage home;
  home.repair_store();
  block(home.paths.state);
  assert_not_asked(home, home.paths.state);
}

void state_that_others_can_write_keeps_the_store_out(void**) {
  Outage home;
  home.repair_store();
  ::chmod(home.paths.state.c_str(), 0666);
  assert_not_asked(home, home.paths.state);
}

void a_login_lock_that_cannot_be_taken_keeps_the_store_out(void**) {
  Outage home;
  home.repair_store();
  block(home.paths.login_lock);
  assert_not_asked(home, home.paths.login_lock);
}

void a_change_lock_that_cannot_be_taken_keeps_the_store_out(void**) {
  Outage home;
  home.repair_store();
  block(home.paths.change_lock);
  assert_not_asked(home, home.paths.change_lock);
}

void a_login_that_a_lock_held_to_its_end_says_so_and_keeps_what_is_here(void**) {
  const UserHome home;
  home.backed_up("one");
  const auto held = FileLock::acquire(home.paths.change_lock, Deadline::in(0ms));
  const Ran ran = home.login({.refresh = 150ms, .total = 200ms});
  assert_string_equal(ran.words().c_str(), "WARN");
  assert_true(ran.logs(home.paths.change_lock +
                       ": another job held this lock until the time was up; what is here stays"));
  assert_int_equal(ran.exit_status, 0);
}

void a_login_that_a_lock_held_to_its_end_fails_where_nothing_is_here(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  const auto held = FileLock::acquire(home.paths.change_lock, Deadline::in(0ms));
  const Ran ran = home.login({.refresh = 150ms, .total = 200ms});
  assert_string_equal(ran.words().c_str(), "FAIL");
  assert_true(ran.logs("the login here is lost and could not be restored"));
}

void a_state_directory_that_cannot_be_made_keeps_the_store_out(void**) {
  Outage home;
  home.repair_store();
  std::filesystem::remove_all(home.paths.state_dir);
  put(home.paths.state_dir, "in the way");
  // The log would lie in it, so the store itself tells: nothing was restored.
  assert_int_equal(home.login().exit_status, 1);
  assert_string_equal(home.generation().c_str(), "none");
}

void a_state_directory_that_cannot_be_written_keeps_the_store_out(void**) {
  needs_root();
  Outage home;
  home.repair_store();
  // The files of the user, whom permission bits bind.
  home.user.uid = kNobody;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home.dir.path()))
    if (::lchown(entry.path().c_str(), kNobody, kNobody) != 0) fail();
  assert_int_equal(::chown(home.dir.path().c_str(), kNobody, kNobody), 0);
  assert_int_equal(::chmod(home.paths.state_dir.c_str(), 0500), 0);
  assert_true(holds_without_root([&] {
    const Ran ran = home.login();
    return ran.words() == "FAIL" && ran.logs(home.paths.state_dir) && home.generation() == "none";
  }));
}

void a_garbled_state_is_an_empty_memory(void**) {
  Outage home;
  home.repair_store();
  put(home.paths.state, "garbled");
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
}

void a_garbled_state_brings_back_nobody_who_may_have_logged_out(void**) {
  for (const char* text : {"", "garbled", "{}", R"({"seen":7})", R"({"seen":["?"]})"}) {
    const UserHome home;
    home.backed_up("one");
    home.log_out();
    put(home.paths.state, text);
    // The first of them writes a state that is whole again.
    for (int login = 0; login < 2; ++login) {
      static_cast<void>(home.login());
      if (home.generation() != "none") fail_msg("brought back with the state: %s", text);
    }
  }
}

void the_locks_of_a_killed_job_are_removed(void**) {
  Outage home;
  home.repair_store();
  // As `ClientLock` leaves them: its mark on the directory, its owner in the record.
  const std::string lock = home.paths.claude_dir + "/.oauth_refresh.lock";
  assert_int_equal(::mkdir(lock.c_str(), 0500), 0);
  const Json record = new_object();
  set_string(record.get(), "boot_id", "an earlier boot");
  char name[256];
  assert_int_equal(::gethostname(name, sizeof name), 0);
  set_string(record.get(), "host", name);
  json_t* locks = json_array();
  json_array_append_new(locks, json_string(lock.c_str()));
  json_object_set_new(record.get(), "locks", locks);
  put(home.paths.client_locks, dump(record.get()));
  static_cast<void>(home.login());
  assert_string_equal(home.generation().c_str(), "one");
  assert_false(exists(lock));
}

// --- many at once ---

/// How all the logins of one moment ended.
struct Crowd {
  static constexpr int kSize = 20;
  std::vector<std::string> said;
  std::string words;
};

std::string read_up_to(int fd, std::size_t wanted) {
  std::string text;
  char byte = 0;
  while (text.size() < wanted && ::read(fd, &byte, 1) == 1) text += byte;
  return text;
}

/// Runs `Crowd::kSize` logins that have nothing usable: all of them wait for login.lock before the
/// first one gets it.
Crowd crowd(const UserHome& home) {
  std::filesystem::create_directories(home.paths.state_dir);
  auto acquired = FileLock::acquire(home.paths.login_lock, Deadline::in(0ms));
  assert_true(acquired.has_value());
  std::optional<FileLock> held = std::move(*acquired);
  const std::size_t log_before = contents(home.paths.log).size();
  std::vector<pid_t> logins;
  std::vector<UniqueFd> pipes;
  for (int number = 0; number < Crowd::kSize; ++number) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) fail();
    pipes.emplace_back(ends[0]);
    const UniqueFd in(ends[1]);
    logins.push_back(start_forked([&] {
      // A copy of its descriptor would hold it on.
      held.reset();
      Context context = home.context();
      ReplyWriter reply(in.get());
      static_cast<void>(login(context, {.refresh = 20s, .total = 30s}, reply));
      return true;
    }));
  }
  Crowd result;
  for (const UniqueFd& pipe : pipes) result.said.push_back(read_up_to(pipe.get(), 2));
  held.reset();
  for (const pid_t login : logins) assert_true(succeeded(login));
  for (std::size_t i = 0; i < pipes.size(); ++i) result.said[i] += read_up_to(pipes[i].get(), 4096);
  Ran all;
  std::istringstream lines(contents(home.paths.log).substr(log_before));
  for (std::string line; std::getline(lines, line);)
    all.logged.push_back(line.substr(line.find(' ') + 1));
  result.words = all.words();
  return result;
}

void of_many_logins_one_restores(void**) {
  const UserHome home;
  home.backed_up("one");
  home.lose();
  assert_string_equal(crowd(home).words.c_str(), "RECOVERED");
  assert_string_equal(home.generation().c_str(), "one");
}

void of_many_logins_one_meets_the_outage(void**) {
  const Outage home;
  assert_string_equal(crowd(home).words.c_str(), "FAIL");
}

void of_many_logins_one_finds_nothing_and_all_tell_the_person(void**) {
  const UserHome home;
  home.make_store_empty();
  const Crowd all = crowd(home);
  assert_string_equal(all.words.c_str(), "FAIL");
  assert_int_equal(std::ranges::count(all.said, "W\nN 1 0\n"), Crowd::kSize);
}

void of_many_logins_all_get_the_token(void**) {
  const UserHome home;
  home.make_store_empty();
  home.set_field("setup_token", setup_token("new"));
  const Crowd all = crowd(home);
  assert_string_equal(all.words.c_str(), "OK");
  assert_int_equal(std::ranges::count(all.said, "W\nT " + setup_token("new") + "\n"), Crowd::kSize);
}

void a_login_that_waits_in_vain_ends_by_its_deadline(void**) {
  const Outage home;
  const auto held = FileLock::acquire(home.paths.login_lock, Deadline::in(0ms));
  assert_true(held.has_value());
  const Deadline patience = Deadline::in(10s);
  // A descriptor of its own: flock(2) shuts out this process as well.
  const Ran ran = home.login({.refresh = 150ms, .total = 200ms});
  assert_false(patience.passed());
  assert_string_equal(ran.said.c_str(), "W\n");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_outage_is_no_empty_store),
      cmocka_unit_test(an_outage_leaves_a_valid_login_with_a_warning),
      cmocka_unit_test(an_outage_leaves_who_logged_out_with_a_warning),
      cmocka_unit_test(an_outage_leaves_a_malformed_file_as_it_is),
      cmocka_unit_test(the_store_is_left_in_peace_for_retry_after),
      cmocka_unit_test(the_store_is_asked_again_after_retry_after),
      cmocka_unit_test(a_long_retry_after_holds_as_long_as_it_says),
      cmocka_unit_test(a_clock_that_jumped_back_shuns_no_store_for_years),
      cmocka_unit_test(a_good_answer_ends_the_shunning),
      cmocka_unit_test(a_login_that_died_while_it_asked_counts_as_a_failure),
      cmocka_unit_test(an_attempt_is_written_down_before_the_store_is_asked),
      cmocka_unit_test(a_login_that_died_long_ago_is_forgotten),
      cmocka_unit_test(a_login_whose_deadline_has_passed_asks_nobody_but_ends),
      cmocka_unit_test(state_that_cannot_be_trusted_keeps_the_store_out),
      cmocka_unit_test(state_that_others_can_write_keeps_the_store_out),
      cmocka_unit_test(a_login_lock_that_cannot_be_taken_keeps_the_store_out),
      cmocka_unit_test(a_change_lock_that_cannot_be_taken_keeps_the_store_out),
      cmocka_unit_test(a_login_that_a_lock_held_to_its_end_says_so_and_keeps_what_is_here),
      cmocka_unit_test(a_login_that_a_lock_held_to_its_end_fails_where_nothing_is_here),
      cmocka_unit_test(a_state_directory_that_cannot_be_made_keeps_the_store_out),
      cmocka_unit_test(a_state_directory_that_cannot_be_written_keeps_the_store_out),
      cmocka_unit_test(a_garbled_state_is_an_empty_memory),
      cmocka_unit_test(a_garbled_state_brings_back_nobody_who_may_have_logged_out),
      cmocka_unit_test(the_locks_of_a_killed_job_are_removed),
      cmocka_unit_test(of_many_logins_one_restores),
      cmocka_unit_test(of_many_logins_one_meets_the_outage),
      cmocka_unit_test(of_many_logins_one_finds_nothing_and_all_tell_the_person),
      cmocka_unit_test(of_many_logins_all_get_the_token),
      cmocka_unit_test(a_login_that_waits_in_vain_ends_by_its_deadline),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
