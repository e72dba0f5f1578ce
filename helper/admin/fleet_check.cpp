#include "admin/fleet_check.h"

#include <cstdint>
#include <map>
#include <utility>

#include "admin/in_parallel.h"
#include "admin/vault_survey.h"
#include "base/time_text.h"
#include "vault/policy.h"

namespace claude_auth {
namespace {

constexpr std::size_t kWorkers = 8;
constexpr Millis kWholeFleet = std::chrono::minutes(2);

using Names = std::vector<std::string>;

/// "emo, ada, bob and 4 more".
std::string few_of(const Names& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::string users_of(std::size_t count) {
  return count_of(static_cast<std::int64_t>(count), "user");
}

/// Users by what there is to say of them, in the order of the roster.
using Groups = std::map<std::string, Names>;

/// What is wrong with one user's account and units; empty where nothing is.
std::string account_fault(Host& host, const RosterUser& user) {
  const auto account = host.find(user.name);
  if (!account) return account.error() + ": ";
  const bool managed = user.care == Care::managed;
  if (!*account) {
    return managed ? "in the roster, but no users of this host: `getent passwd USER`: " : "";
  }
  const auto units = host.units(user.name);
  if (!units) return units.error() + ": ";
  if (*units == UnitsState::no_manager) {
    return managed ? "without timer and watch, as this host was not booted by systemd: " : "";
  }
  if (managed && *units != UnitsState::on && *units != UnitsState::waiting) {
    return "without their units: `claude-auth-admin provision`: ";
  }
  if (!managed && *units != UnitsState::off) {
    return "with units, though the roster has them off: `claude-auth-admin provision`: ";
  }
  return {};
}

/// "policy" of one user against what is there.
enum class PolicyState { same, missing, other };

std::expected<PolicyState, StoreError> policy_of(VaultApi& api, const std::string& user,
                                                 Deadline deadline) {
  const VaultSettings& settings = api.settings();
  const auto text = read_policy(api, expand_user(settings.token_policy, user), deadline);
  if (!text) return std::unexpected(text.error());
  if (!*text) return PolicyState::missing;
  return **text == user_policy(settings, user) ? PolicyState::same : PolicyState::other;
}

}  // namespace

Findings check_accounts(Host& host, const std::vector<RosterUser>& users) {
  Names faults(users.size());
  in_parallel(users.size(), kWorkers, [&](std::size_t, std::size_t item) {
    faults[item] = account_fault(host, users[item]);
  });
  Groups groups;
  std::size_t managed = 0;
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (!faults[i].empty()) {
      groups[faults[i]].push_back(users[i].name);
    } else if (users[i].care == Care::managed) {
      ++managed;
    }
  }
  Findings findings;
  if (managed != 0) findings.push_back({Status::ok, users_of(managed) + " with timer and watch"});
  for (const auto& [fault, names] : groups)
    findings.push_back({Status::fail, fault + few_of(names)});
  return findings;
}

Findings check_policies(const AdminContext& context, const Names& users) {
  auto api = VaultApi::open(context.config.vault, context.token->clone());
  if (!api) return {{Status::fail, api.error().sentence}};
  const Deadline deadline = Deadline::in(kWholeFleet);
  std::map<PolicyState, Names> by_state;
  for (const std::string& user : users) {
    const auto state = policy_of(*api, user, deadline);
    if (!state) {
      const bool denied = state.error().kind == StoreErrorKind::denied;
      return {{denied ? Status::warn : Status::fail, state.error().sentence}};
    }
    by_state[*state].push_back(user);
  }
  Findings findings;
  const auto say = [&](PolicyState state, Status status, const std::string& what) {
    const Names& names = by_state[state];
    if (!names.empty()) findings.push_back({status, what + few_of(names)});
  };
  if (const std::size_t same = by_state[PolicyState::same].size(); same != 0) {
    findings.push_back({Status::ok, users_of(same) + " with the right policy in Vault"});
  }
  const std::string remedy = ": `claude-auth-admin provision`: ";
  say(PolicyState::missing, Status::fail, "no policy in Vault" + remedy);
  say(PolicyState::other, Status::fail, "a policy in Vault that is not what it should be" + remedy);
  return findings;
}

Findings judge_shared(const std::vector<Shared>& shared) {
  Findings findings;
  for (const Shared& one : shared) {
    if (one.what == Shareable::setup_token) {
      findings.push_back({Status::fail,
                          "one setup token for several users, each of whom needs his own: `claude "
                          "setup-token`, then `claude-auth-admin setup-token set USER`: " +
                              few_of(one.users)});
    } else {
      findings.push_back(
          {Status::warn, "one Claude account for several users: each should log in to his own: " +
                             few_of(one.users)});
    }
  }
  if (findings.empty()) findings.push_back({Status::ok, "no two users share a token or account"});
  return findings;
}

Findings check_shared(const AdminContext& context, const Names& users) {
  const auto documents = survey_documents(context, users, Deadline::in(kWholeFleet));
  std::vector<Holder> holders;
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (!documents[i]) return {{Status::warn, documents[i].error().sentence}};
    holders.push_back({users[i], documents[i]->setup_token_hash, documents[i]->account_hash});
  }
  return judge_shared(find_shared(holders));
}

}  // namespace claude_auth
