// What users of a roster would share in Vault, and must not.
#include <array>
#include <map>
#include <string_view>

#include "admin/fault_list.h"
#include "admin/roster.h"
#include "decide/token_decision.h"

namespace claude_auth {
namespace {

/// One thing in Vault that each user has of his own.
struct OwnThing {
  std::string_view what;
  std::string (*of)(const VaultSettings& settings, const std::string& user);
};

const std::array kOwnThings = {
    OwnThing{"token display name",
             [](const VaultSettings& settings, const std::string& user) {
               return vault_display_name(expand_user(settings.token_display_name, user));
             }},
    OwnThing{"policy",
             [](const VaultSettings& settings, const std::string& user) {
               return vault_policy_name(expand_user(settings.token_policy, user));
             }},
    OwnThing{"path in Vault", [](const VaultSettings& settings, const std::string& user) {
               return expand_user(settings.path, user);
             }}};

bool is_vaults_own(std::string_view policy) {
  return policy == "root" || policy == "default" || policy == "response-wrapping" ||
         policy == "control-group";
}

void find_shared(const OwnThing& thing, const std::vector<RosterUser>& users,
                 const VaultSettings& settings, FaultList& faults) {
  std::map<std::string, const RosterUser*> owners;
  for (const RosterUser& user : users) {
    const std::string name = thing.of(settings, user.name);
    const auto [owner, is_new] = owners.emplace(name, &user);
    if (is_new) continue;
    faults.add(user.line, "the users " + user.name + " and " + owner->second->name + " (line " +
                              std::to_string(owner->second->line) + ") would have one " +
                              std::string(thing.what) + ", " + printable(name));
  }
}

}  // namespace

RosterFaults find_collisions(const std::vector<RosterUser>& users, const VaultSettings& settings,
                             const std::string& file) {
  FaultList faults(file);
  for (const OwnThing& thing : kOwnThings) find_shared(thing, users, settings, faults);
  for (const RosterUser& user : users) {
    const std::string policy = vault_policy_name(expand_user(settings.token_policy, user.name));
    if (is_vaults_own(policy)) {
      faults.add(user.line,
                 "the policy of " + user.name + " would be Vault's own policy " + policy);
    }
  }
  return faults.take();
}

}  // namespace claude_auth
