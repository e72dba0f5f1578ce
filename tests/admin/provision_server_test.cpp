// What provision and deprovision promise, against a real server, where there is one.
#include <sodium.h>

#include <cstdio>
#include <string>

#include "admin_world.h"
#include "base/secret.h"
#include "cmocka_cpp.h"
#include "provision_cases.h"
#include "real_server.h"

namespace claude_auth::testing {
namespace {

std::string server_program;

void seal(const RealServer& server, const VaultSettings& settings) {
  auto api = VaultApi::open(settings, Secret::copy_of(server.root_token()));
  assert_true(api.has_value());
  const auto reply = api->post("sys/seal", "{}", Deadline::in(Millis(10'000)));
  assert_true(reply && reply->status < 300);
}

// On a server of its own, as nobody can ask that one any more.
void a_server_that_is_sealed_midway_is_not_asked_any_more(void**) {
  const RealServer server(server_program);
  AdminWorld world({server.address(), server.root_token(), ""});
  const auto users = world.add_all({"ann", "bob", "cat"});
  world.host.on_change = [&](const std::string& change) -> std::optional<std::string> {
    if (change == "enable " + users[0]) seal(server, world.config.vault);
    return std::nullopt;
  };
  const JobRun run = world.provision();
  assert_true(run.line_of(users[0]).starts_with(users[0] + ": OK "));
  assert_true(run.line_of(users[1]).starts_with(users[1] + ": FAIL policy not checked: "));
  assert_true(run.text.contains("FAIL Vault was not asked any more, and 1 user not checked: "));
  for (const std::string& user : users)
    assert_true(world.host.person(user).units == UnitsState::on);
  assert_int_equal(run.exit_status, 1);
}

int run_sealing_cases() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_server_that_is_sealed_midway_is_not_asked_any_more),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  const auto program = find_server_program();
  if (!program) {
    std::puts("SKIP: no bao or vault server: neither VAULT_BIN nor PATH has one");
    return 77;
  }
  if (sodium_init() < 0) return 1;
  server_program = *program;
  const RealServer server(*program);
  const int failed =
      run_provision_cases({server.address(), server.root_token(), ""}, program->c_str());
  return run_sealing_cases() + failed;
}
