// Sessions that a host opens in several threads at once. A program of its own, since it is the one
// of the module's that ThreadSanitizer watches with more than one thread.
#include <security/pam_appl.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "processes.h"
#include "stage.h"
// After what uses <ios>: CMocka makes `fail` a macro.
#include "cmocka_cpp.h"

namespace {

using claude_auth::test::has_children;
using claude_auth::test::Host;
using claude_auth::test::Opened;
using claude_auth::test::own_name;
using claude_auth::test::Stage;

constexpr char kPatient[] = "refresh_timeout=20000 timeout=20000";
constexpr int kThreads = 4;
constexpr int kSessions = 8;

/// Keeps the allocator's locks busy, which a careless fork would find taken for ever, while it
/// lives.
class BusyAllocator {
 public:
  BusyAllocator() {
    for (std::jthread& thread : threads_) thread = std::jthread(allocate_until_asked_to_stop);
  }

 private:
  static void allocate_until_asked_to_stop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto memory = std::make_unique<std::vector<char>>(100'000);
      (*memory)[memory->size() / 2] = 1;
    }
  }
  std::array<std::jthread, 2> threads_;
};

/// A stage whose helper says `said`, with the token that a session then gets.
struct Scene {
  Scene(const std::string& said, const std::string& options, std::string expected_token)
      : token(std::move(expected_token)) {
    stage.helper_script(said);
    stage.stack("sshd", {options});
  }
  Stage stage;
  std::string token;
};

/// How many of `kThreads * kSessions` sessions got what their scene is there for; each thread has
/// one of the scenes.
int sessions_served(const std::vector<std::unique_ptr<Scene>>& scenes) {
  const std::string user = own_name();
  std::atomic<int> served = 0;
  const BusyAllocator busy;
  std::vector<std::jthread> hosts;
  for (std::size_t i = 0; i < kThreads; ++i) {
    const Scene& scene = *scenes[i % scenes.size()];
    hosts.emplace_back([&served, &scene, &user] {
      for (int session = 0; session < kSessions; ++session) {
        Host host(scene.stage.path(""), "sshd", user.c_str());
        const Opened opened = host.open_session();
        if (opened.token.value_or("") == scene.token) ++served;
      }
    });
  }
  hosts.clear();
  return served;
}

void host_of_many_threads_is_served(void**) {
  std::vector<std::unique_ptr<Scene>> scenes;
  scenes.push_back(std::make_unique<Scene>("echo 'T sk-ant-oat01-TEST_only'", kPatient,
                                           "sk-ant-oat01-TEST_only"));
  assert_int_equal(sessions_served(scenes), kThreads * kSessions);
  assert_false(has_children());
}

void each_thread_hears_its_own_helper(void**) {
  std::vector<std::unique_ptr<Scene>> scenes;
  for (const char* token : {"sk-ant-oat01-TEST_one", "sk-ant-oat01-TEST_two"})
    scenes.push_back(
        std::make_unique<Scene>(std::string("echo 'T ") + token + "'", kPatient, token));
  scenes.push_back(std::make_unique<Scene>("exit 5", kPatient, ""));
  scenes.push_back(std::make_unique<Scene>("exec sleep 60", "refresh_timeout=100 timeout=100", ""));
  assert_int_equal(sessions_served(scenes), kThreads * kSessions);
  assert_false(has_children());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(host_of_many_threads_is_served),
      cmocka_unit_test(each_thread_hears_its_own_helper),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
