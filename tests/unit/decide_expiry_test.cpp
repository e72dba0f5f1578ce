// helper/decide/expiry: when an end is near enough to be told.
#include "decide/expiry.h"

#include "table.h"

namespace claude_auth {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant kNow{1'800'000'000s};

void days_are_counted_up_from_the_notice_to_the_end(void**) {
  constexpr test::Row<Instant, std::optional<int>> kRows[] = {
      {"more than 3 days", kNow + days(3) + 1ms, std::nullopt},
      {"3 days to the millisecond", kNow + days(3), 3},
      {"just over 2 days", kNow + days(2) + 1ms, 3},
      {"2 days", kNow + days(2), 2},
      {"an hour", kNow + 1h, 1},
      {"now", kNow, 0},
      {"an hour ago", kNow - 1h, 0},
      {"a year ago", kNow - days(365), 0},
  };
  test::every_row_holds(kRows, [](Instant end) { return days_to_announce(end, kNow, days(3)); });
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {cmocka_unit_test(days_are_counted_up_from_the_notice_to_the_end)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
