// `watch`: a process of its own over a home. The children that it starts are this program, and
// fail.
#include "jobs/watch.h"

#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>

#include "cmocka_cpp.h"
#include "file_events.h"
#include "forked.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Watched : UserHome {
  Watched() { make_store_empty(); }

  /// Starts the watch and waits until it has seen the login that is here.
  void start() {
    const Events state(paths.state_dir, IN_MOVED_TO);
    pid_ = start_forked([this] {
      Context context = this->context();
      return watch(context) == 0;
    });
    state.wait_until([this] { return stamps().generations.any_seen(); });
  }
  [[nodiscard]] bool ends_well() const {
    ::kill(pid_, SIGTERM);
    return succeeded(pid_);
  }
  [[nodiscard]] std::size_t lines_with(const std::string& text) const {
    std::size_t count = 0;
    const std::string log = contents(paths.log);
    for (std::size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

 private:
  pid_t pid_ = -1;
};

/// A login that is wiped once the watch has it in memory, and healed from there.
void heal_a_wiped_login(Watched& home) {
  home.change_stamps([](Stamps&) {});
  home.write_login("one");
  home.start();
  const Events files(home.paths.claude_dir, IN_MOVED_TO);
  home.wipe();
  files.wait_until([&] { return home.generation() == "one"; });
  assert_true(home.ends_well());
}

void a_wiped_login_is_healed_from_memory(void**) {
  Watched home;
  heal_a_wiped_login(home);
}

void a_heal_is_counted(void**) {
  Watched home;
  heal_a_wiped_login(home);
  assert_int_equal(load_last_status(home.paths).heals, 1);
  assert_true(load_last_status(home.paths).last_success_at == home.clock.at);
}

void a_heal_that_fails_is_said_once_and_goes_on(void**) {
  Watched home;
  home.change_stamps([](Stamps&) {});
  home.write_login("one");
  home.start();
  // Without a record no lock of Claude's is taken.
  assert_int_equal(::mkdir(home.paths.client_locks.c_str(), 0700), 0);
  const Events log(home.paths.state_dir, IN_MODIFY);
  home.wipe();
  log.wait_until([&] { return home.lines_with("not healed yet") > 0; });
  const Events tries(home.paths.change_lock, IN_OPEN);
  for (int more = 0; more < 2; ++more) tries.wait_for_one();
  assert_int_equal(home.lines_with("not healed yet"), 1);
  const Events files(home.paths.claude_dir, IN_MOVED_TO);
  assert_int_equal(::rmdir(home.paths.client_locks.c_str()), 0);
  files.wait_until([&] { return home.generation() == "one"; });
  assert_true(home.ends_well());
}

void a_heal_that_goes_on_failing_is_told_within_ten_seconds(void**) {
  Watched home;
  home.change_stamps([](Stamps&) {});
  home.write_login("one");
  home.start();
  assert_int_equal(::mkdir(home.paths.client_locks.c_str(), 0700), 0);
  const Events log(home.paths.state_dir, IN_MODIFY);
  const Deadline told = Deadline::in(std::chrono::seconds(10));
  home.wipe();
  log.wait_until([&] { return home.lines_with("FAIL the login cannot be healed") > 0; });
  assert_false(told.passed());
  assert_true(home.ends_well());
}

void a_log_out_that_shows_late_is_carried_out(void**) {
  Watched home;
  home.change_stamps([](Stamps&) {});
  home.write_login("one");
  home.start();
  const Events files(home.paths.claude_dir, IN_MOVED_TO | IN_DELETE);
  home.lose();
  files.wait_until([&] { return home.generation() == "one"; });
  home.remove_account();
  files.wait_until([&] { return home.generation() == "none"; });
  assert_true(home.ends_well());
  assert_int_equal(home.lines_with("WARN it was a log-out"), 1);
}

void a_late_log_out_waits_for_claudes_lock(void**) {
  Watched home;
  home.change_stamps([](Stamps&) {});
  home.write_login("one");
  home.start();
  const Events files(home.paths.claude_dir, IN_MOVED_TO | IN_DELETE);
  const std::string lock = home.paths.claude_dir + ".lock";
  const Events locks(home.user.home, IN_DELETE);
  home.lose();
  files.wait_until([&] { return home.generation() == "one"; });
  const Events log(home.paths.state_dir, IN_MODIFY);
  // Until then the watch has it, for the heal.
  locks.wait_until([&] { return ::mkdir(lock.c_str(), 0700) == 0; });
  home.remove_account();
  log.wait_until([&] { return home.lines_with("WARN the log-out is not carried out yet") > 0; });
  assert_string_equal(home.generation().c_str(), "one");
  assert_int_equal(::rmdir(lock.c_str()), 0);
  files.wait_until([&] { return home.generation() == "none"; });
  assert_true(home.ends_well());
}

}  // namespace
}  // namespace claude_auth

int main(int count, char**) {
  using namespace claude_auth;
  if (count > 1) return 1;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_wiped_login_is_healed_from_memory),
      cmocka_unit_test(a_heal_is_counted),
      cmocka_unit_test(a_heal_that_fails_is_said_once_and_goes_on),
      cmocka_unit_test(a_heal_that_goes_on_failing_is_told_within_ten_seconds),
      cmocka_unit_test(a_log_out_that_shows_late_is_carried_out),
      cmocka_unit_test(a_late_log_out_waits_for_claudes_lock),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
