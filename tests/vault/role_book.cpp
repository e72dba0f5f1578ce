#include "role_book.h"

#include <algorithm>

#include "words.h"

namespace claude_auth::testing {
namespace {

bool matches(const std::string& glob, const std::string& policy) {
  if (!glob.ends_with('*')) return glob == policy;
  return policy.starts_with(std::string_view(glob).substr(0, glob.size() - 1));
}

/// A setting under its name of today, or its older one.
std::int64_t setting(const json_t* body, const char* name, const char* old_name) {
  const std::int64_t value = duration(body, name);
  return value != 0 ? value : duration(body, old_name);
}

}  // namespace

bool TokenRole::limits_policies() const {
  return !allowed_policies.empty() || !allowed_policies_glob.empty();
}

bool TokenRole::allows_policy(const std::string& policy) const {
  return (policy == "default" && !no_default_policy) ||
         std::ranges::find(allowed_policies, policy) != allowed_policies.end() ||
         std::ranges::any_of(allowed_policies_glob,
                             [&](const std::string& glob) { return matches(glob, policy); });
}

const TokenRole* RoleBook::find(const std::string& name) const {
  const auto found = roles_.find(name);
  return found != roles_.end() ? &found->second : nullptr;
}

Answer RoleBook::read(const std::string& name) const {
  const TokenRole* const role = find(name);
  if (role == nullptr) return error_answer(404, {});
  Json data = new_object();
  set_strings(data.get(), "allowed_policies", role->allowed_policies);
  set_strings(data.get(), "allowed_policies_glob", role->allowed_policies_glob);
  set_integer(data.get(), "explicit_max_ttl", role->explicit_max_ttl);
  set_string(data.get(), "name", name);
  set_flag(data.get(), "orphan", role->orphan);
  set_string(data.get(), "path_suffix", "");
  // What was given as token_period is told there alone.
  set_integer(data.get(), "period", 0);
  set_flag(data.get(), "renewable", role->renewable);
  set_integer(data.get(), "token_explicit_max_ttl", role->explicit_max_ttl);
  set_flag(data.get(), "token_no_default_policy", role->no_default_policy);
  set_integer(data.get(), "token_period", role->period);
  set_string(data.get(), "token_type", "default-service");
  return envelope(200, std::move(data));
}

Answer RoleBook::write(const std::string& name, const json_t* body) {
  roles_[name] = {.allowed_policies = names(body, "allowed_policies"),
                  .allowed_policies_glob = names(body, "allowed_policies_glob"),
                  .orphan = flag(body, "orphan", false),
                  .renewable = flag(body, "renewable", true),
                  .no_default_policy = flag(body, "token_no_default_policy", false),
                  .period = setting(body, "token_period", "period"),
                  .explicit_max_ttl = setting(body, "token_explicit_max_ttl", "explicit_max_ttl")};
  return no_content();
}

Answer RoleBook::remove(const std::string& name) {
  roles_.erase(name);
  return no_content();
}

}  // namespace claude_auth::testing
