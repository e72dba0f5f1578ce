// helper/base/secret: what a Secret keeps, compares and wipes, under a small RLIMIT_MEMLOCK, too.
#include "base/secret.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "cmocka_cpp.h"
#include "forked.h"

namespace claude_auth {
namespace {

using namespace test;

void a_secret_holds_what_it_was_given(void**) {
  assert_true(Secret::copy_of("TEST\n").view() == "TEST\n");
}

void an_empty_secret_is_empty(void**) {
  assert_true(Secret().empty());
  assert_true(Secret::copy_of("").view().empty());
}

void taking_wipes_the_string(void**) {
  std::string text = "TEST-TEST-TEST-TEST-TEST-TEST-TEST";
  const char* bytes = text.data();
  const std::size_t size = text.size();
  const Secret secret = Secret::take(text);
  assert_true(text.empty());
  assert_true(std::all_of(bytes, bytes + size, [](char byte) { return byte == 0; }));
  assert_int_equal(secret.view().size(), size);
}

void secrets_of_the_same_bytes_are_the_same(void**) {
  assert_true(Secret::copy_of("TEST").same_as(Secret::copy_of("TEST")));
  assert_true(Secret().same_as(Secret()));
}

void secrets_of_other_bytes_or_length_differ(void**) {
  assert_false(Secret::copy_of("TEST").same_as(Secret::copy_of("TESU")));
  assert_false(Secret::copy_of("TEST").same_as(Secret::copy_of("TES")));
  assert_false(Secret::copy_of("TEST").same_as(Secret()));
}

void a_moved_secret_keeps_its_bytes(void**) {
  Secret first = Secret::copy_of("TEST");
  const Secret second = std::move(first);
  assert_true(second.view() == "TEST");
}

void a_secret_that_was_moved_away_is_empty(void**) {
  Secret first = Secret::copy_of("TEST");
  const Secret second = std::move(first);
  assert_true(first.empty());  // NOLINT(bugprone-use-after-move): that is the statement
}

void a_clone_outlives_its_original(void**) {
  Secret clone;
  {
    const Secret original = Secret::copy_of("TEST");
    clone = original.clone();
  }
  assert_true(clone.view() == "TEST");
}

void a_secret_that_cannot_be_locked_still_holds(void**) {
#ifdef CLAUDE_AUTH_SANITIZED
  print_message("SKIP: under sanitizers mlock(2) does nothing and succeeds\n");
  skip();
#endif
  assert_true(holds_without_root([] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_MEMLOCK, &none) == 0 && Secret::copy_of("TEST").view() == "TEST" &&
           !Secret::all_memory_locked();
  }));
}

void a_wiped_variable_is_overwritten_and_gone(void**) {
  std::string given = "TEST_TOKEN=TEST-made-up";
  assert_int_equal(::putenv(given.data()), 0);
  wipe_variable("TEST_TOKEN");
  assert_null(::getenv("TEST_TOKEN"));
  assert_true(given == "TEST_TOKEN=" + std::string(sizeof "TEST-made-up" - 1, '\0'));
}

constexpr std::size_t kLeftBehind = 4096;

/// Leaves a block of its own full of one byte on the stack. Returns where.
[[gnu::noinline]] off_t leave_something_behind() {
  volatile char block[kLeftBehind];
  for (std::size_t i = 0; i < kLeftBehind; ++i) block[i] = 'T';
  return reinterpret_cast<off_t>(&block[0]);
}

/// How much of it is there still, seen from outside of the language.
std::size_t left_behind(off_t place) {
  std::string bytes(kLeftBehind, '\0');
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  if (::pread(memory.get(), bytes.data(), bytes.size(), place) < 0) fail();
  return static_cast<std::size_t>(std::ranges::count(bytes, 'T'));
}

void a_wiped_stack_keeps_nothing(void**) {
  const off_t place = leave_something_behind();
  wipe_stack();
  // A few words of what ran since may lie in it.
  assert_in_range(left_behind(place), 0, 8);
}

void a_guarded_process_cannot_be_dumped(void**) {
  assert_true(succeeded(start_forked([] {
    rlimit core{1, 1};
    return guard_process() && ::prctl(PR_GET_DUMPABLE) == 0 &&
           ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0;
  })));
}

void an_unguarded_process_has_its_core_limit_back(void**) {
  assert_true(succeeded(start_forked([] {
    rlimit core{4096, 4096};
    if (::setrlimit(RLIMIT_CORE, &core) != 0 || !guard_process()) return false;
    unguard_process();
    return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 4096;
  })));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_secret_holds_what_it_was_given),
      cmocka_unit_test(an_empty_secret_is_empty),
      cmocka_unit_test(taking_wipes_the_string),
      cmocka_unit_test(secrets_of_the_same_bytes_are_the_same),
      cmocka_unit_test(secrets_of_other_bytes_or_length_differ),
      cmocka_unit_test(a_moved_secret_keeps_its_bytes),
      cmocka_unit_test(a_secret_that_was_moved_away_is_empty),
      cmocka_unit_test(a_clone_outlives_its_original),
      cmocka_unit_test(a_secret_that_cannot_be_locked_still_holds),
      cmocka_unit_test(a_wiped_variable_is_overwritten_and_gone),
      cmocka_unit_test(a_wiped_stack_keeps_nothing),
      cmocka_unit_test(a_guarded_process_cannot_be_dumped),
      cmocka_unit_test(an_unguarded_process_has_its_core_limit_back),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
