// A roster of 2,000 users: how many requests it takes, and, printed, how long.
#include <cstdio>

#include "admin_world.h"
#include "chosen_server.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

constexpr int kUsers = 2'000;

/// Three requests a user who has all: his policy, his own look-up, that of the token he names.
/// A new one: policy looked up and written, mint.
constexpr std::size_t kRequests = std::size_t{3} * kUsers;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void thousands_of_users_cost_three_requests_each(void**) {
  ChosenServer server;
  AdminWorld world(server.under_test());
  world.add_many(kUsers);
  for (const char* const summary : {"2000 users: 0 unchanged, 2000 changed, 0 failed",
                                    "2000 users: 2000 unchanged, 0 changed, 0 failed"}) {
    server.forget_requests();
    const auto start = std::chrono::steady_clock::now();
    const JobRun run = world.provision();
    std::printf("%s: %.1f s, %zu requests\n", summary, seconds_since(start),
                server.requests().size());
    assert_string_equal(run.last_line().c_str(), summary);
    assert_int_equal(server.requests().size(), kRequests);
  }
}

int run() {
  const CMUnitTest tests[] = {cmocka_unit_test(thousands_of_users_cost_three_requests_each)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

// Records are written thousands of times, and how fast the disk is shall not count. A fixed name:
// the linker's --wrap.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __wrap_fsync(int) {
  return 0;
}

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
