#include "admin/server_check.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "base/time_text.h"
#include "vault/mint.h"
#include "vault/token.h"

namespace claude_auth {
namespace {

constexpr Millis kClocksDiffer = std::chrono::seconds(30);
// From here on "expired" and "not yet valid" are believed of what is neither.
constexpr Millis kClocksHarm = std::chrono::minutes(5);

constexpr auto kCertificateEndsSoon = std::chrono::days(14);

constexpr const char* kPolicyFile = "docs/vault/claude-auth-admin.hcl";

std::string hours_of(std::chrono::seconds span) {
  return count_of(std::chrono::duration_cast<std::chrono::hours>(span).count(), "hour");
}

/// What a question without an answer means: a missing right is none of the server's faults.
Finding unanswered(const StoreError& error) {
  if (error.kind == StoreErrorKind::denied) {
    return {Status::warn, error.sentence + "; the rights that are needed: " + kPolicyFile};
  }
  return {Status::fail, error.sentence};
}

template <typename Value, typename Judge>
void add(Findings& findings, const std::expected<Value, StoreError>& answer, Judge judge) {
  findings.push_back(answer ? judge(*answer) : unanswered(answer.error()));
}

Finding judge_own_token(const std::expected<TokenFacts, StoreError>& facts, Instant now) {
  if (!facts && facts.error().kind == StoreErrorKind::denied) {
    return {Status::fail, "the admin's token is refused: log in to Vault anew"};
  }
  if (!facts) return {Status::fail, facts.error().sentence};
  if (!facts->ttl) return {Status::warn, "the admin's token never ends: use one that does"};
  return {Status::ok, "the admin's token ends " + until(now + *facts->ttl, now)};
}

Finding judge_clocks(Instant server_time, Instant now) {
  const Millis apart = std::chrono::abs(now - server_time);
  const std::string clocks = "this host's clock and the server's are ";
  if (apart < kClocksDiffer) return {Status::ok, clocks + "the same"};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart);
  return {apart < kClocksHarm ? Status::warn : Status::fail,
          clocks + count_of(seconds.count(), "second") +
              " apart: `timedatectl set-ntp true` where it is wrong"};
}

Finding judge_certificate(Instant end, Instant now) {
  const std::string text = "the server's certificate ends " + until(end, now);
  if (end - now >= kCertificateEndsSoon) return {Status::ok, text};
  return {Status::warn, text + ": have it renewed, or no login can be backed up any more"};
}

bool allows(const TokenRoleFacts& role, const std::string& policy) {
  const auto globs = [&](const std::string& glob) {
    return ::fnmatch(glob.c_str(), policy.c_str(), 0) == 0;
  };
  return std::ranges::find(role.allowed_policies, policy) != role.allowed_policies.end() ||
         std::ranges::any_of(role.allowed_policies_glob, globs);
}

/// Everything for which a token is needed.
Findings ask_as_admin(VaultApi& api, const AdminContext& context, const std::string& token_role,
                      const std::vector<std::string>& users) {
  const auto soon = [&] { return Deadline::in(context.config.vault.request_timeout); };
  Findings findings{judge_own_token(look_up_self(api, soon()), context.clock.now())};
  if (findings.back().status == Status::fail) return findings;
  add(findings, read_mount(api, context.config.vault.mount, soon()),
      [&](const auto& mount) { return judge_mount(mount, context.config.vault.mount); });
  add(findings, read_token_ttls(api, soon()), judge_token_ttls);
  if (token_role.empty()) return findings;
  const auto role = read_token_role(api, token_role, soon());
  if (!role) {
    findings.push_back(unanswered(role.error()));
  } else {
    for (Finding& finding : judge_token_role(token_role, *role, context.config.vault, users)) {
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace

Findings judge_health(const ServerHealth& health, const VaultSettings& settings, Instant now) {
  if (!health.initialized) {
    return {{Status::fail, settings.address + " is not initialised: `vault operator init`"}};
  }
  if (health.sealed) {
    return {{Status::fail, settings.address + " is sealed: `vault operator unseal`"}};
  }
  Findings findings{{Status::ok, settings.address + " answers" +
                                     (health.version.empty() ? "" : ", version " + health.version) +
                                     (health.standby ? ", as a standby" : "")}};
  if (health.certificate_end) {
    findings.push_back(judge_certificate(*health.certificate_end, now));
  }
  if (health.server_time) findings.push_back(judge_clocks(*health.server_time, now));
  return findings;
}

Finding judge_mount(const std::optional<MountFacts>& mount, const std::string& name) {
  if (!mount) {
    return {Status::fail, "there is no engine at " + name + ": `vault secrets enable -path=" +
                              name + " -version=2 kv`, or correct mount in the configuration"};
  }
  if (mount->type != "kv") {
    return {Status::fail, "the engine at " + name + " is " + mount->type +
                              ", not kv: correct mount in the configuration"};
  }
  if (mount->version != "2") {
    return {Status::fail, "the engine at " + name +
                              " is KV version 1, which has no check-and-set: `vault kv "
                              "enable-versioning " +
                              name + "`, or another mount"};
  }
  return {Status::ok, "the engine at " + name + " is KV version 2"};
}

Finding judge_token_ttls(const TokenTtls& ttls) {
  if (ttls.maximum >= kTokenPeriod) {
    return {Status::ok, "tokens may live for " + hours_of(ttls.maximum)};
  }
  // Sync renews every six hours, and up to twelve after a boot.
  const bool enough = ttls.maximum >= std::chrono::hours(24);
  return {enough ? Status::warn : Status::fail,
          "tokens are capped at " + hours_of(ttls.maximum) + " in place of " +
              hours_of(kTokenPeriod) +
              ", and a host that is off for longer loses its own: `vault auth tune "
              "-max-lease-ttl=768h token/`"};
}

Findings judge_token_role(const std::string& name, const std::optional<TokenRoleFacts>& role,
                          const VaultSettings& settings, const std::vector<std::string>& users) {
  const std::string the_role = "the token role " + name;
  if (!role) return {{Status::fail, the_role + " is not there: docs/vault/README.md makes it"}};
  Findings findings;
  const auto fail = [&](const std::string& what) {
    findings.push_back({Status::fail, the_role + " " + what});
  };
  const std::string write = ": `vault write auth/token/roles/" + name + " ";
  if (!role->orphan) fail("makes tokens that die with the admin's" + write + "orphan=true`");
  if (!role->renewable) fail("makes tokens that cannot be renewed" + write + "renewable=true`");
  if (role->explicit_max_ttl != std::chrono::seconds{0}) {
    fail("ends every token after " + hours_of(role->explicit_max_ttl) + write +
         "token_explicit_max_ttl=0`");
  }
  if (role->period < kTokenPeriod) {
    findings.push_back(
        {role->period == std::chrono::seconds{0} ? Status::fail : Status::warn,
         the_role + " gives a period of " + hours_of(role->period) + write + "token_period=768h`"});
  }
  for (const std::string& user : users) {
    const std::string policy = expand_user(settings.token_policy, user);
    if (allows(*role, policy)) continue;
    fail("does not allow the policy " + policy + write +
         "allowed_policies_glob=" + expand_user(settings.token_policy, "*") + "`");
    break;
  }
  if (findings.empty()) findings.push_back({Status::ok, the_role + " is as it should be"});
  return findings;
}

Findings check_server(const AdminContext& context, const std::string& token_role,
                      const std::vector<std::string>& users) {
  const Config& config = context.config;
  if (config.store == StoreKind::local) return {{Status::ok, "store = local: there is no server"}};
  auto api = VaultApi::open(config.vault, context.token ? context.token->clone() : Secret());
  if (!api) return {{Status::fail, api.error().sentence}};
  const auto health = read_health(*api, Deadline::in(config.vault.request_timeout));
  if (!health) return {{Status::fail, health.error().sentence}};
  Findings findings = judge_health(*health, config.vault, context.clock.now());
  if (findings.front().status == Status::fail) return findings;
  if (!context.token) {
    findings.push_back(
        {Status::warn,
         "mount, policies and the life of tokens were not looked at: log in to Vault, "
         "or set VAULT_TOKEN"});
    return findings;
  }
  for (Finding& finding : ask_as_admin(*api, context, token_role, users)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace claude_auth
