// helper/base/time_text: what a person reads of a span and of a moment.
#include "base/time_text.h"

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

using namespace std::chrono_literals;

void the_largest_unit_that_fits_is_named(void**) {
  assert_string_equal(span(59s).c_str(), "a moment");
  assert_string_equal(span(60s).c_str(), "1 minute");
  assert_string_equal(span(119min).c_str(), "2 hours");
  assert_string_equal(span(24h).c_str(), "1 day");
}

void days_and_hours_are_rounded(void**) {
  assert_string_equal(span(89min).c_str(), "1 hour");
  assert_string_equal(span(36h).c_str(), "2 days");
}

void minutes_are_not_rounded_up(void**) {
  assert_string_equal(span(1min + 59s).c_str(), "1 minute");
}

void one_has_no_plural(void**) {
  assert_string_equal(count_of(0, "time").c_str(), "0 times");
  assert_string_equal(count_of(1, "time").c_str(), "1 time");
}

void a_moment_lies_ahead_or_behind(void**) {
  const Instant now{1h};
  assert_string_equal(until(now + 48h, now).c_str(), "in 2 days");
  assert_string_equal(until(now - 5min, now).c_str(), "5 minutes ago");
  assert_string_equal(until(now, now).c_str(), "a moment ago");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_largest_unit_that_fits_is_named),
      cmocka_unit_test(days_and_hours_are_rounded),
      cmocka_unit_test(minutes_are_not_rounded_up),
      cmocka_unit_test(one_has_no_plural),
      cmocka_unit_test(a_moment_lies_ahead_or_behind),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
