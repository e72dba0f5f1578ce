// A run that is killed, at every step there is: before and after each request is carried out, each
// write of a record, each change of the host. The next run makes everything right.
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <vector>

#include "admin/records.h"
#include "admin_world.h"
#include "chosen_server.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

/// What parent and child see alike.
struct Shared {
  std::atomic<pid_t> victim;  ///< 0: nobody is to die
  std::atomic<int> steps;     ///< that there have been since the start
  std::atomic<int> last;      ///< at which the victim dies
};

Shared& shared() {
  static Shared* const memory = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return *memory;
}

/// One step of the victim's, which may be its last.
void step() {
  const pid_t victim = shared().victim;
  if (victim == 0 || ++shared().steps != shared().last) return;
  ::kill(victim, SIGKILL);
  if (victim == ::getpid()) ::pause();
}

/// The chosen server, with a step before and after each request, and a list of what it minted.
class SteppedServer {
 public:
  [[nodiscard]] ServerUnderTest under_test() const { return server_.under_test(); }

  /// The accessors of all tokens that were ever minted here.
  std::vector<std::string> minted() {
    const std::lock_guard lock(mutex_);
    return minted_;
  }
  /// The victim's step at which the server answers with a new token; 0 before.
  std::atomic<int> mint_step{0};

 private:
  Answer handle(const ApiRequest& request) {
    step();
    Answer answer = chosen_(request);
    if (request.path == "auth/token/create-orphan") {
      const auto body = parse_object(answer.body);
      const std::lock_guard lock(mutex_);
      minted_.emplace_back(
          string_member(json_object_get(body->get(), "auth"), "accessor").value_or(""));
      if (mint_step == 0) mint_step = shared().steps + 1;
    }
    step();
    return answer;
  }

  Handler chosen_ = chosen_handler();
  std::mutex mutex_;
  std::vector<std::string> minted_;
  ChosenServer server_{[this](const ApiRequest& request) { return handle(request); }};
};

class World : public AdminWorld {
 public:
  explicit World(const SteppedServer& server) : AdminWorld(server.under_test()) {
    host.keep_in(kept_ / "host.json");
  }

  /// Runs `job` in a process that dies at its `last` step. Whether it did.
  bool dies(int last, const std::function<void()>& job) {
    shared().last = last;
    shared().steps = 0;
    const pid_t child = ::fork();
    if (child == 0) {
      host.on_change = [](const std::string&) {
        step();
        return std::optional<std::string>();
      };
      host.on_changed = step;
      // What it makes and does not live to remove goes with this world.
      ::setenv("TMPDIR", kept_.path().c_str(), 1);
      shared().victim = ::getpid();
      job();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    shared().victim = 0;
    host.read_back();
    return WIFSIGNALED(status);
  }

 private:
  test::TemporaryDirectory kept_;
};

/// How many of what was minted for `user` lives.
int living(SteppedServer& server, AdminWorld& world, const std::string& user) {
  int count = 0;
  for (const std::string& accessor : server.minted()) {
    const auto facts = world.token_behind(accessor);
    if (facts && facts->display_name == "token-devvm-claude-auth-" + user) ++count;
  }
  return count;
}

/// The one gap: the server mints, as it was asked to before the death, and no record says so yet.
/// From the request's step to that of the fsync before the record's rename.
bool in_the_gap(const SteppedServer& server, int last) {
  return last >= server.mint_step - 1 && last <= server.mint_step + 1;
}

/// Kills one run at each of its steps, `prepare`d alike each time, and sees what the next ones make
/// of it.
void kill_at_every_step(const std::function<void(World&, const std::string& user)>& prepare) {
  int last = 1;
  for (;; ++last) {
    SteppedServer server;
    World world(server);
    const std::string user = world.add("ann");
    prepare(world, user);
    server.mint_step = 0;
    if (!world.dies(last, [&] { (void)world.provision(); })) break;
    const JobRun next = world.provision();
    if (next.exit_status != 0) fail_msg("step %d: %s", last, next.text.c_str());
    if (!world.is_provisioned(user)) fail_msg("step %d: no token", last);
    assert_true(world.host.person(user).units == UnitsState::on);
    const int most = in_the_gap(server, last) ? 2 : 1;
    if (living(server, world, user) > most) {
      fail_msg("step %d: %d tokens live", last, living(server, world, user));
    }
    const JobRun then = world.provision();
    assert_string_equal(then.text.c_str(), "1 user: 1 unchanged, 0 changed, 0 failed\n");
  }
  std::printf("killed at %d steps\n", last - 1);
  assert_true(last > 10);
}

void a_first_run_that_dies_is_finished_by_the_next(void**) {
  kill_at_every_step([](World&, const std::string&) {});
}

void a_run_that_dies_replacing_a_token_is_finished_by_the_next(void**) {
  kill_at_every_step([](World& world, const std::string& user) {
    (void)world.provision();
    world.host.person(user).token.reset();
  });
}

void a_deprovision_that_dies_is_finished_by_the_next(void**) {
  int last = 1;
  for (;; ++last) {
    SteppedServer server;
    World world(server);
    const std::string user = world.add("ann");
    (void)world.provision();
    world.list(user, "claude_auth: false");
    if (!world.dies(last, [&] { (void)world.deprovision(user); })) break;
    const JobRun next = world.deprovision(user);
    if (next.exit_status != 0) fail_msg("step %d: %s", last, next.text.c_str());
    if (living(server, world, user) > 0) fail_msg("step %d: the token lives", last);
    assert_false(world.host.person(user).token.has_value());
    assert_true(*read_record(world.records_dir(), user) == TokenRecord{});
  }
  std::printf("killed at %d steps\n", last - 1);
  assert_true(last > 10);
}

int run() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_first_run_that_dies_is_finished_by_the_next),
      cmocka_unit_test(a_run_that_dies_replacing_a_token_is_finished_by_the_next),
      cmocka_unit_test(a_deprovision_that_dies_is_finished_by_the_next),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

// Fixed names: the linker's --wrap.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd) {
  claude_auth::testing::step();
  return __real_fsync(fd);
}
// NOLINTEND(bugprone-reserved-identifier)
}

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
