// The fake service's ledger of tokens: what the tests with the real client take for the truth.
#include "token_ledger.h"

#include <string>

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNow{1'000'000ms};
constexpr Millis kLifetime = 60s;

void a_refresh_token_is_good_once(void**) {
  TokenLedger ledger;
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  assert_true(ledger.refresh(login.refresh_token, kLifetime, kNow).has_value());
  assert_false(ledger.refresh(login.refresh_token, kLifetime, kNow).has_value());
}

void a_second_use_ends_the_newest_tokens_too(void**) {
  TokenLedger ledger;
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  const auto newest = ledger.refresh(login.refresh_token, kLifetime, kNow);
  static_cast<void>(ledger.refresh(login.refresh_token, kLifetime, kNow));
  assert_false(ledger.is_current(newest->refresh_token));
  assert_true(ledger.check(newest->access_token, kNow) == AccessVerdict::revoked);
}

void a_second_use_that_is_only_refused_ends_nothing(void**) {
  TokenLedger ledger(ReuseRule::refuses);
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  const auto newest = ledger.refresh(login.refresh_token, kLifetime, kNow);
  static_cast<void>(ledger.refresh(login.refresh_token, kLifetime, kNow));
  assert_true(ledger.is_current(newest->refresh_token));
}

void a_second_use_leaves_other_log_ins_alone(void**) {
  TokenLedger ledger;
  const IssuedLogin other = ledger.log_in(kLifetime, kNow);
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  for (int i = 0; i < 2; ++i)
    static_cast<void>(ledger.refresh(login.refresh_token, kLifetime, kNow));
  assert_true(ledger.is_current(other.refresh_token));
}

void an_access_token_ends_with_its_lifetime(void**) {
  TokenLedger ledger;
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  assert_true(ledger.check(login.access_token, kNow + kLifetime - 1ms) == AccessVerdict::accepted);
  assert_true(ledger.check(login.access_token, kNow + kLifetime) == AccessVerdict::expired);
}

void an_accepted_token_lasts_until_it_is_revoked(void**) {
  TokenLedger ledger;
  ledger.accept("made-up");
  assert_true(ledger.check("made-up", kNow + 24h * 365) == AccessVerdict::accepted);
  ledger.revoke("made-up");
  assert_true(ledger.check("made-up", kNow) == AccessVerdict::revoked);
}

void an_unknown_token_is_neither(void**) {
  TokenLedger ledger;
  assert_true(ledger.check("made-up", kNow) == AccessVerdict::unknown);
  assert_false(ledger.refresh("made-up", kLifetime, kNow).has_value());
}

void the_counters_tell_reuse_from_refusal(void**) {
  TokenLedger ledger;
  const IssuedLogin login = ledger.log_in(kLifetime, kNow);
  for (int i = 0; i < 3; ++i)
    static_cast<void>(ledger.refresh(login.refresh_token, kLifetime, kNow));
  assert_int_equal(ledger.rotations(), 1);
  assert_int_equal(ledger.reuses(), 1);
  assert_int_equal(ledger.refusals(), 2);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_refresh_token_is_good_once),
      cmocka_unit_test(a_second_use_ends_the_newest_tokens_too),
      cmocka_unit_test(a_second_use_that_is_only_refused_ends_nothing),
      cmocka_unit_test(a_second_use_leaves_other_log_ins_alone),
      cmocka_unit_test(an_access_token_ends_with_its_lifetime),
      cmocka_unit_test(an_accepted_token_lasts_until_it_is_revoked),
      cmocka_unit_test(an_unknown_token_is_neither),
      cmocka_unit_test(the_counters_tell_reuse_from_refusal),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
