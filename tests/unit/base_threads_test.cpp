// Programs that several threads start at once, as the admin's surveys do.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/child.h"
#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

constexpr int kThreads = 4;
constexpr int kPrograms = 10;

/// What a program that was started with `word` has to say, as it comes back through a pipe.
std::string said_by_a_program(const std::string& word) {
  Command command{
      .path = "/bin/echo", .arguments = {"echo", word}, .environment = {"TEST_WORD=" + word}};
  const auto finished =
      run(std::move(command), Deadline::in(std::chrono::seconds(60)), Millis(0), 1 << 10);
  return finished && finished->wait_status == 0 ? finished->standard_output : "";
}

void each_thread_hears_its_own_programs(void**) {
  std::atomic<int> heard = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&heard, thread] {
      for (int program = 0; program < kPrograms; ++program) {
        const std::string word = std::to_string(thread) + "-" + std::to_string(program);
        if (said_by_a_program(word) == word + "\n") ++heard;
      }
    });
  }
  threads.clear();
  assert_int_equal(heard, kThreads * kPrograms);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_thread_hears_its_own_programs),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
