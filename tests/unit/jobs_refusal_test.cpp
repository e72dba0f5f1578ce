// A watch whose configuration is refused: it says so once, and gets over it.
#include "jobs/refusal.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cmocka_cpp.h"
#include "file_events.h"
#include "forked.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;

/// A home on a host with a configuration.
struct Host : UserHome {
  Host() {
    identity = {.user = user, .paths = paths, .environment = no_environment()};
    dirs = {.vendor = dir / "vendor", .admin = dir / "etc", .owner = ::geteuid()};
    std::filesystem::create_directories(dirs.admin);
    std::filesystem::create_directories(paths.state_dir);
  }
  void configure(const std::string& text) const {
    put(dirs.admin + "/new", text);
    std::filesystem::rename(dirs.admin + "/new", dirs.admin + "/claude-auth-sync.conf");
  }
  [[nodiscard]] std::string problem() const {
    const auto context = make_context(identity, dirs, clock, Audience::log_only);
    return context ? "" : context.error();
  }
  /// A process that has reported `problem` before, and ends once the configuration is accepted.
  [[nodiscard]] pid_t waiting(const std::string& problem) const {
    return start_forked([this, problem] {
      const Context context =
          wait_for_configuration(identity, dirs, clock, Audience::log_only, problem, Millis(5));
      return context.config.store == StoreKind::local;
    });
  }

  Identity identity;
  ConfigDirs dirs;
};

void what_was_reported_is_known_again(void**) {
  const Host host;
  host.configure("store = nowhere\n");
  assert_false(is_reported_refusal(host.identity, host.problem()));
  report_refusal(host.identity, host.clock, Audience::log_only, host.problem());
  assert_true(is_reported_refusal(host.identity, host.problem()));
  assert_false(is_reported_refusal(host.identity, "something else"));
}

void a_configuration_that_is_corrected_is_taken_up_without_a_word(void**) {
  const Host host;
  host.configure("store = nowhere\n");
  const pid_t child = host.waiting(host.problem());
  host.configure("store = local\n");
  assert_true(succeeded(child));
  assert_false(exists(host.paths.log));
}

void another_reason_is_said_once(void**) {
  const Host host;
  host.configure("store = nowhere\n");
  const Events log(host.paths.state_dir, IN_MOVED_TO);
  const pid_t child = host.waiting(host.problem());
  host.configure("no line of a configuration\n");
  const std::string problem = host.problem();
  log.wait_until([&] { return is_reported_refusal(host.identity, problem); });
  host.configure("store = local\n");
  assert_true(succeeded(child));
  const std::string text = contents(host.paths.log);
  assert_int_equal(std::ranges::count(text, '\n'), 1);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_reported_is_known_again),
      cmocka_unit_test(a_configuration_that_is_corrected_is_taken_up_without_a_word),
      cmocka_unit_test(another_reason_is_said_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
