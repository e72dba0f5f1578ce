// The files of docs/vault: with the admin's policy and the token role every job of the admin's
// works, and each capability of the policy is one without which some does not. Against the double,
// or with --server against a real one.
#include <algorithm>
#include <string_view>

#include "admin/fleet_check.h"
#include "admin/server_check.h"
#include "admin_world.h"
#include "chosen_server.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/policy.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

const ServerUnderTest* under_test = nullptr;

constexpr const char* kRole = "claude-auth";

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

std::string document(const std::string& name) {
  const std::string text = test::contents(CLAUDE_AUTH_VAULT_DOCS "/" + name);
  assert_false(text.empty());
  return text;
}

bool all_ok(const Findings& findings) {
  for (const Finding& finding : findings) {
    if (finding.status != Status::ok) return false;
  }
  return true;
}

/// A host whose admin has a token with `policy`, and no other, on a server made ready as
/// docs/vault/README.md says.
class World : public AdminWorld {
 public:
  explicit World(const std::string& policy) : AdminWorld(*under_test) {
    static int number = 0;
    const std::string name = "admin-" + std::to_string(++number);
    const Json body = new_object();
    set_string(body.get(), "policy", policy);
    api_post("sys/policies/acl/" + name, dump(body.get()));
    api_post("auth/token/roles/" + std::string(kRole), document("token-role.json"));
    const Json reply =
        api_post("auth/token/create",
                 R"({"no_default_policy": true, "ttl": "1h", "policies": [")" + name + "\"]}");
    admin_token = string_member(json_object_get(reply.get(), "auth"), "client_token").value_or("");
  }

  [[nodiscard]] AdminContext as_admin() {
    return {.config = config,
            .token = Secret::copy_of(*admin_token),
            .records_dir = records_dir(),
            .clock = clock_,
            .host = host,
            .is_root = true};
  }

  /// Every job of the admin's: did all of them succeed?
  [[nodiscard]] bool everything_works() {
    const std::string user = add("ann");
    return provisions(user) && corrects_drift(user) && writes_document(user) &&
           doctor_is_content(user) && deprovision(user, true).exit_status == 0;
  }

 private:
  bool provisions(const std::string& user) {
    return AdminWorld::provision({.roster = {}, .user = user, .token_role = kRole}).exit_status ==
               0 &&
           is_provisioned(user);
  }

  bool corrects_drift(const std::string& user) {
    const std::string name = expand_user(config.vault.token_policy, user);
    api_post("sys/policies/acl/" + name, R"({"policy": "# drift"})");
    return provisions(user) && policy_of(user) == user_policy(config.vault, user);
  }

  /// For the first time, and once more.
  bool writes_document(const std::string& user) {
    auto api = VaultApi::open(config.vault, Secret::copy_of(*admin_token));
    KvStore store(*api, expand_user(config.vault.path, user));
    const Json fields = new_object();
    set_string(fields.get(), "some", "thing");
    const auto first = store.write(*fields, 0, soon());
    return first && store.write(*fields, *first, soon()) && store.read(soon());
  }

  bool doctor_is_content(const std::string& user) {
    const AdminContext context = as_admin();
    return all_ok(check_server(context, kRole, {user})) &&
           all_ok(check_policies(context, {user})) && all_ok(check_shared(context, {user}));
  }

  Clock clock_;
};

void the_policy_is_enough_for_every_job(void**) {
  assert_true(World(document("claude-auth-admin.hcl")).everything_works());
}

/// `policy` once without each of its capabilities.
std::vector<std::string> reduced(const std::string& policy) {
  constexpr std::string_view kList = "capabilities = [";
  std::vector<std::string> all;
  for (std::size_t list = policy.find(kList); list != std::string::npos;
       list = policy.find(kList, list + 1)) {
    const std::size_t end = policy.find(']', list);
    std::size_t open = policy.find('"', list);
    while (open < end) {
      const std::size_t close = policy.find('"', open + 1);
      // In the place of the one that is taken away stands one that nothing here asks for.
      all.push_back(policy.substr(0, open) + "\"list" + policy.substr(close));
      open = policy.find('"', close + 1);
    }
  }
  return all;
}

void no_capability_is_there_for_nothing(void**) {
  const std::string policy = document("claude-auth-admin.hcl");
  const auto variants = reduced(policy);
  assert_true(variants.size() > 10);
  for (const std::string& variant : variants) {
    if (!World(variant).everything_works()) continue;
    const auto differs = std::ranges::mismatch(policy, variant).in1 - policy.begin();
    const auto rule = policy.rfind("path", static_cast<std::size_t>(differs));
    fail_msg("not needed, in: %s", policy.substr(rule, 100).c_str());
  }
}

void the_policy_lets_no_other_token_be_made(void**) {
  World world(document("claude-auth-admin.hcl"));
  auto api = VaultApi::open(world.config.vault, Secret::copy_of(*world.admin_token));
  for (const char* policy : {"root", "default"}) {
    for (const char* role : {kRole, ""}) {
      const auto minted =
          mint_token(*api, {.display_name = "x", .policy = policy, .role = role}, soon());
      assert_false(minted.has_value());
    }
  }
  assert_false(write_policy(*api, "admins-own", "# mine", soon()).has_value());
  assert_false(KvStore(*api, "somebody/elses").read(soon()).has_value());
}

void the_policy_of_a_user_is_what_provision_writes(void**) {
  assert_string_equal(document("user-policy.hcl").c_str(),
                      user_policy(VaultSettings{}, "emo").c_str());
}

int run() {
  const ChosenServer server;
  const ServerUnderTest chosen = server.under_test();
  under_test = &chosen;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_policy_is_enough_for_every_job),
      cmocka_unit_test(no_capability_is_there_for_nothing),
      cmocka_unit_test(the_policy_lets_no_other_token_be_made),
      cmocka_unit_test(the_policy_of_a_user_is_what_provision_writes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
