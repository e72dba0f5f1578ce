// helper/base/clock: deadlines and how a moment is written.
#include "base/clock.h"

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

void a_moment_is_written_in_utc_with_seconds(void**) {
  const Instant moment{Millis(1'795'286'437'999)};
  assert_string_equal(iso8601(moment).c_str(), "2026-11-21T18:40:37Z");
}

void a_deadline_ahead_has_time_left(void**) {
  const Deadline deadline = Deadline::in(Millis(60'000));
  assert_false(deadline.passed());
  assert_in_range(deadline.poll_timeout(), 50'000, 60'000);
}

void a_negative_span_has_passed(void**) {
  assert_true(Deadline::in(Millis(-5)).passed());
  assert_int_equal(Deadline::in(Millis(-5)).poll_timeout(), 0);
}

void never_is_poll_without_a_timeout(void**) {
  assert_int_equal(Deadline::never().poll_timeout(), -1);
  assert_int_equal(Deadline::never().earlier_by(Millis(1)).poll_timeout(), -1);
}

void an_earlier_deadline_passes_first(void**) {
  assert_true(Deadline::in(Millis(60'000)).earlier_by(Millis(60'000)).passed());
}

void the_sooner_of_two_counts(void**) {
  assert_true(Deadline::never().or_sooner(Deadline::in(Millis(0))).passed());
  assert_true(Deadline::in(Millis(0)).or_sooner(Deadline::never()).passed());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_moment_is_written_in_utc_with_seconds),
      cmocka_unit_test(a_deadline_ahead_has_time_left),
      cmocka_unit_test(a_negative_span_has_passed),
      cmocka_unit_test(never_is_poll_without_a_timeout),
      cmocka_unit_test(an_earlier_deadline_passes_first),
      cmocka_unit_test(the_sooner_of_two_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
