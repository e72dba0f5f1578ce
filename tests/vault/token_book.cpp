#include "token_book.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/clock.h"
#include "decide/token_decision.h"
#include "words.h"

namespace claude_auth::testing {
namespace {

constexpr std::int64_t kSystemMaximum = std::int64_t{768} * 3600;
constexpr std::string_view kCreateByRole = "auth/token/create/";

std::string random_id() {
  std::array<unsigned char, 12> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * 12 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

bool is_root(const std::vector<std::string>& policies) {
  return std::ranges::find(policies, "root") != policies.end();
}

bool is_subset(const std::vector<std::string>& policies, const std::vector<std::string>& of) {
  return std::ranges::all_of(policies, [&](const std::string& policy) {
    return std::ranges::find(of, policy) != of.end();
  });
}

std::string capped_warning(const char* what, std::int64_t asked, std::int64_t maximum) {
  return std::string(what) + " of \"" + duration_text(asked) +
         "\" exceeded the effective max_ttl of \"" + duration_text(maximum) + "\"; " + what +
         " value is capped accordingly";
}

}  // namespace

TokenBook::TokenBook(std::string root_token) : max_ttl_(kSystemMaximum) {
  Token root;
  root.accessor = random_id();
  root.display_name = "token";
  root.path = "auth/token/create";
  root.policies = {"root"};
  root.created = now();
  tokens_[std::move(root_token)] = std::move(root);
}

std::int64_t TokenBook::now() const {
  return std::chrono::floor<std::chrono::seconds>(Clock().now() + offset_)
      .time_since_epoch()
      .count();
}

bool TokenBook::knows(const std::string& token) {
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return false;
  if (found->second.expires == 0 || found->second.expires > now()) return true;
  tokens_.erase(found);
  return false;
}

bool TokenBook::allows(const std::string& token, const std::string& path,
                       const std::string& capability) const {
  return policies_.allow(tokens_.at(token).policies, path, capability);
}

bool TokenBook::reaches_mount(const std::string& token, const std::string& mount) const {
  return policies_.reach(tokens_.at(token).policies, mount);
}

Json TokenBook::auth_block(const std::string& id, const Token& token) const {
  Json auth = new_object();
  set_string(auth.get(), "client_token", id);
  set_string(auth.get(), "accessor", token.accessor);
  set_strings(auth.get(), "policies", token.policies);
  set_strings(auth.get(), "token_policies", token.policies);
  set_member(auth.get(), "metadata", nullptr);
  set_integer(auth.get(), "lease_duration", token.expires == 0 ? 0 : token.expires - now());
  set_flag(auth.get(), "renewable", token.renewable);
  set_string(auth.get(), "entity_id", "");
  set_string(auth.get(), "token_type", "service");
  set_flag(auth.get(), "orphan", token.parent.empty());
  set_integer(auth.get(), "num_uses", 0);
  return auth;
}

std::vector<std::string> TokenBook::granted_policies(const Token& caller, const json_t* body,
                                                     const TokenRole* role) const {
  std::vector<std::string> asked = names(body, "policies");
  if (asked.empty() && role != nullptr) asked = role->allowed_policies;
  if (asked.empty()) asked = caller.policies;
  std::set<std::string> granted(asked.begin(), asked.end());
  const bool bare =
      flag(body, "no_default_policy", false) || (role != nullptr && role->no_default_policy);
  if (!granted.contains("root") && !bare) {
    granted.insert("default");
  }
  return {granted.begin(), granted.end()};
}

std::int64_t TokenBook::granted_ttl(const Token& token, std::int64_t asked,
                                    Warnings& warnings) const {
  const TokenRole* const role = roles_.find(token.role);
  const std::int64_t period = role != nullptr && role->period != 0 ? role->period : token.period;
  const std::int64_t wanted = period != 0 ? period : asked != 0 ? asked : kSystemMaximum;
  if (wanted <= max_ttl_) return wanted;
  warnings.push_back(capped_warning(period != 0 ? "period" : "TTL", wanted, max_ttl_));
  return max_ttl_;
}

std::int64_t TokenBook::expiry(const Token& token, std::int64_t ttl) const {
  if (token.explicit_max_ttl == 0) return now() + ttl;
  return std::min(now() + ttl, token.created + token.explicit_max_ttl);
}

Answer TokenBook::create(const std::string& caller, const std::string& path, const json_t* body) {
  Token token;
  token.path = path;
  if (path.starts_with(kCreateByRole)) token.role = path.substr(kCreateByRole.size());
  const TokenRole* const role = roles_.find(token.role);
  if (!token.role.empty() && role == nullptr) {
    return error_answer(400, {"unknown role " + token.role});
  }
  token.period = duration(body, "period");
  token.policies = granted_policies(tokens_.at(caller), body, role);
  const std::string refused = why_refused(caller, body, token, role);
  if (!refused.empty()) return error_answer(400, {refused});
  const bool orphan = role != nullptr ? role->orphan : path.ends_with("create-orphan");
  if (!orphan && !flag(body, "no_parent", false)) token.parent = caller;
  return create(std::move(token), body, role);
}

std::string TokenBook::why_refused(const std::string& caller, const json_t* body,
                                   const Token& token, const TokenRole* role) const {
  const bool sudo = allows(caller, token.path, "sudo");
  if (!sudo && token.period != 0) {
    return "root or sudo privileges required to create periodic token";
  }
  if (!sudo && flag(body, "no_parent", false)) {
    return "root or sudo privileges required to create orphan token";
  }
  if (role != nullptr && role->limits_policies()) {
    const bool allowed = std::ranges::all_of(
        token.policies, [&](const std::string& policy) { return role->allows_policy(policy); });
    return allowed ? "" : "token policies must be subset of the role's allowed policies";
  }
  const std::vector<std::string>& callers = tokens_.at(caller).policies;
  if (is_root(callers)) return "";
  if (is_root(token.policies)) {
    return "root tokens may not be created without parent token being root";
  }
  return sudo || is_subset(token.policies, callers) ? ""
                                                    : "child policies must be subset of parent";
}

Answer TokenBook::create(Token token, const json_t* body, const TokenRole* role) {
  Warnings warnings;
  for (const std::string& policy : token.policies) {
    if (!policies_.has(policy)) warnings.push_back("Policy \"" + policy + "\" does not exist");
  }
  const std::string name(string_member(body, "display_name").value_or(""));
  token.accessor = random_id();
  token.display_name = name.empty() ? "token" : vault_display_name("token-" + name);
  token.explicit_max_ttl =
      role != nullptr ? role->explicit_max_ttl : duration(body, "explicit_max_ttl");
  token.created = now();
  const std::int64_t asked = duration(body, "ttl");
  const bool ends = !is_root(token.policies) || asked != 0 || token.period != 0;
  if (ends) {
    token.creation_ttl = granted_ttl(token, asked, warnings);
    token.expires = expiry(token, token.creation_ttl);
  }
  token.renewable = ends && flag(body, "renewable", true) && (role == nullptr || role->renewable);
  const std::string id = "s.double" + random_id();
  Answer answer = envelope(200, nullptr, auth_block(id, token), warnings);
  tokens_[id] = std::move(token);
  return answer;
}

Json TokenBook::facts_of(const std::string& id) const {
  const Token& token = tokens_.at(id);
  Json data = new_object();
  set_string(data.get(), "accessor", token.accessor);
  set_integer(data.get(), "creation_time", token.created);
  set_integer(data.get(), "creation_ttl", token.creation_ttl);
  set_string(data.get(), "display_name", token.display_name);
  set_string(data.get(), "entity_id", "");
  set_member(data.get(), "expire_time", nullptr);
  if (token.expires != 0) {
    const Instant expires{std::chrono::seconds(token.expires)};
    set_string(data.get(), "expire_time", iso8601(expires));
  }
  set_integer(data.get(), "explicit_max_ttl", token.explicit_max_ttl);
  set_member(data.get(), "meta", nullptr);
  set_integer(data.get(), "num_uses", 0);
  set_flag(data.get(), "orphan", token.parent.empty());
  set_string(data.get(), "path", token.path);
  if (token.period != 0) set_integer(data.get(), "period", token.period);
  if (!token.role.empty()) set_string(data.get(), "role", token.role);
  set_strings(data.get(), "policies", token.policies);
  set_flag(data.get(), "renewable", token.renewable);
  set_integer(data.get(), "ttl", token.expires == 0 ? 0 : token.expires - now());
  set_string(data.get(), "type", "service");
  return data;
}

Answer TokenBook::look_up(const std::string& id) const {
  Json data = facts_of(id);
  set_string(data.get(), "id", id);
  return envelope(200, std::move(data));
}

const std::string* TokenBook::token_of(const json_t* body) const {
  const auto accessor = string_member(body, "accessor");
  for (const auto& [id, token] : tokens_) {
    const bool alive = token.expires == 0 || token.expires > now();
    if (accessor == token.accessor && alive) return &id;
  }
  return nullptr;
}

Answer TokenBook::look_up_accessor(const json_t* body) const {
  const std::string* const id = token_of(body);
  if (id == nullptr) return error_answer(400, {"1 error occurred:\n\t* invalid accessor\n\n"});
  Json data = facts_of(*id);
  set_string(data.get(), "id", "");
  return envelope(200, std::move(data));
}

Answer TokenBook::renew(const std::string& id) {
  Token& token = tokens_.at(id);
  if (!token.renewable) return error_answer(400, {"lease is not renewable"});
  Warnings warnings;
  token.expires = expiry(token, granted_ttl(token, token.creation_ttl, warnings));
  return envelope(200, nullptr, auth_block(id, token), warnings);
}

Answer TokenBook::revoke(const std::string& token) {
  tokens_.erase(token);
  const auto is_child = [&](const auto& entry) { return entry.second.parent == token; };
  for (auto child = std::ranges::find_if(tokens_, is_child); child != tokens_.end();
       child = std::ranges::find_if(tokens_, is_child)) {
    static_cast<void>(revoke(std::string(child->first)));
  }
  return no_content();
}

Answer TokenBook::revoke_accessor(const json_t* body) {
  const std::string* const id = token_of(body);
  if (id == nullptr) return envelope(200, nullptr, nullptr, {"No token found with this accessor"});
  return revoke(std::string(*id));
}

Answer TokenBook::tuning() const {
  Json data = new_object();
  set_integer(data.get(), "default_lease_ttl", kSystemMaximum);
  set_string(data.get(), "description", "token based credentials");
  set_flag(data.get(), "force_no_cache", false);
  set_integer(data.get(), "max_lease_ttl", max_ttl_);
  set_string(data.get(), "token_type", "default-service");
  return envelope(200, std::move(data));
}

Answer TokenBook::tune(const json_t* body) {
  if (const std::int64_t maximum = duration(body, "max_lease_ttl"); maximum != 0) {
    max_ttl_ = maximum;
  }
  return no_content();
}

}  // namespace claude_auth::testing
