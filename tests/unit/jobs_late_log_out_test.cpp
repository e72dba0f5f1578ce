// helper/jobs/late_log_out: which login that came back is doubted, and until when.
#include "jobs/late_log_out.h"

#include <sodium.h>

#include "cmocka_cpp.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// A home whose login "one" the watch holds, and what it is told of each look.
struct Home : UserHome {
  Home() {
    write_login("one");
    look();
  }
  void look() {
    change_stamps([this](Stamps& stamps) {
      const Observation seen = observe(context(), stamps.generations);
      remember(seen, stamps.generations);
      doubt.note(seen, generation() == "one");
    });
  }
  void lose_and_heal() {
    lose();
    look();
    write_login("one");
    look();
  }
  [[nodiscard]] bool looks_again() const { return doubt.next_look().poll_timeout() >= 0; }

  LateLogOut doubt;
};

void a_login_that_stays_is_not_doubted(void**) {
  Home home;
  home.look();
  assert_false(home.looks_again());
}

void a_login_that_came_back_is_doubted(void**) {
  Home home;
  home.lose_and_heal();
  assert_true(home.looks_again());
  assert_false(home.doubt.is_due());
}

void without_an_account_before_there_is_no_doubt(void**) {
  Home home;
  std::filesystem::remove(home.paths.claude_json);
  home.lose_and_heal();
  assert_false(home.looks_again());
}

void a_healed_wipe_is_not_doubted(void**) {
  Home home;
  home.wipe();
  home.look();
  home.write_login("one");
  home.look();
  assert_false(home.looks_again());
}

void another_login_in_its_place_is_not_doubted(void**) {
  Home home;
  home.lose();
  home.look();
  home.write_login("two");
  home.look();
  assert_false(home.looks_again());
}

void another_login_afterwards_ends_the_doubt(void**) {
  Home home;
  home.lose_and_heal();
  home.write_login("two");
  home.look();
  assert_false(home.looks_again());
}

void a_log_out_that_shows_itself_ends_the_doubt(void**) {
  Home home;
  home.lose_and_heal();
  home.log_out();
  home.look();
  assert_false(home.looks_again());
}

void a_wipe_does_not_end_the_doubt(void**) {
  Home home;
  home.lose_and_heal();
  home.wipe();
  home.look();
  assert_true(home.looks_again());
}

void the_doubt_ends(void**) {
  Home home;
  home.lose_and_heal();
  int looks = 0;
  for (; home.looks_again() && looks < 100; ++looks) {
    home.doubt.try_again_in(0ms);
    home.doubt.looked();
  }
  assert_int_equal(looks, 5);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_login_that_stays_is_not_doubted),
      cmocka_unit_test(a_login_that_came_back_is_doubted),
      cmocka_unit_test(without_an_account_before_there_is_no_doubt),
      cmocka_unit_test(a_healed_wipe_is_not_doubted),
      cmocka_unit_test(another_login_in_its_place_is_not_doubted),
      cmocka_unit_test(another_login_afterwards_ends_the_doubt),
      cmocka_unit_test(a_log_out_that_shows_itself_ends_the_doubt),
      cmocka_unit_test(a_wipe_does_not_end_the_doubt),
      cmocka_unit_test(the_doubt_ends),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
