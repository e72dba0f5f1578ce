#include "token_book.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <regex>

#include "base/clock.h"
#include "decide/token_decision.h"

namespace claude_auth::testing {
namespace {

constexpr std::int64_t kSystemMaximum = std::int64_t{768} * 3600;

constexpr const char* kDefaultPolicy = R"(
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
)";

std::string random_id() {
  std::array<unsigned char, 12> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * 12 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

/// A duration as Vault takes it: a number of seconds, or a string of one unit ("768h", "90s").
std::int64_t duration(const json_t* body, const char* key) {
  if (const auto seconds = integer_member(body, key)) return *seconds;
  const std::string text(string_member(body, key).value_or("0"));
  const std::int64_t number = std::strtoll(text.c_str(), nullptr, 10);
  if (number == 0) return 0;
  switch (text.back()) {
    case 'd':
      return number * 86400;
    case 'h':
      return number * 3600;
    case 'm':
      return number * 60;
    default:
      return number;
  }
}

bool flag(const json_t* body, const char* key, bool otherwise) {
  const json_t* const value = json_object_get(body, key);
  return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> requested_policies(const json_t* body) {
  std::set<std::string> names;
  const json_t* const list = json_object_get(body, "policies");
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    names.insert(lower(json_string_value(json_array_get(list, i))));
  }
  if (names.empty()) return {"root"};
  if (!names.contains("root") && !flag(body, "no_default_policy", false)) names.insert("default");
  return {names.begin(), names.end()};
}

}  // namespace

TokenBook::TokenBook(std::string root_token) {
  Token root;
  root.accessor = random_id();
  root.display_name = "token";
  root.path = "auth/token/create";
  root.policies = {"root"};
  root.created = now();
  root.orphan = true;
  tokens_[std::move(root_token)] = std::move(root);
  policies_["default"] = {kDefaultPolicy, parse_policy(kDefaultPolicy).value()};
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
                       std::string_view capability) const {
  return std::ranges::any_of(tokens_.at(token).policies, [&](const std::string& name) {
    if (name == "root") return true;
    const auto policy = policies_.find(name);
    if (policy == policies_.end()) return false;
    const auto granted = policy->second.paths.find(path);
    return granted != policy->second.paths.end() &&
           granted->second.contains(std::string(capability));
  });
}

bool TokenBook::reaches_mount(const std::string& token, const std::string& mount) const {
  return std::ranges::any_of(tokens_.at(token).policies, [&](const std::string& name) {
    if (name == "root") return true;
    const auto policy = policies_.find(name);
    return policy != policies_.end() &&
           std::ranges::any_of(policy->second.paths,
                               [&](const auto& entry) { return entry.first.starts_with(mount); });
  });
}

Json TokenBook::auth_block(const std::string& id, const Token& token) const {
  Json auth = new_object();
  set_string(auth.get(), "client_token", id);
  set_string(auth.get(), "accessor", token.accessor);
  set_member(auth.get(), "policies", strings(token.policies));
  set_member(auth.get(), "token_policies", strings(token.policies));
  set_member(auth.get(), "metadata", nullptr);
  set_integer(auth.get(), "lease_duration", token.expires == 0 ? 0 : token.expires - now());
  set_flag(auth.get(), "renewable", token.renewable);
  set_string(auth.get(), "entity_id", "");
  set_string(auth.get(), "token_type", "service");
  set_flag(auth.get(), "orphan", token.orphan);
  set_integer(auth.get(), "num_uses", 0);
  return auth;
}

Answer TokenBook::create(const std::string& path, const json_t* body) {
  Token token;
  std::vector<std::string> warnings;
  const std::string name(string_member(body, "display_name").value_or(""));
  token.accessor = random_id();
  token.display_name = name.empty() ? "token" : vault_display_name("token-" + name);
  token.path = path;
  token.policies = requested_policies(body);
  for (const std::string& policy : token.policies) {
    if (policy != "root" && !policies_.contains(policy)) {
      warnings.push_back("Policy \"" + policy + "\" does not exist");
    }
  }
  token.period = duration(body, "period");
  token.creation_ttl = token.period != 0 ? token.period : duration(body, "ttl");
  if (token.creation_ttl == 0 && token.policies.front() != "root") {
    token.creation_ttl = kSystemMaximum;
  }
  if (token.creation_ttl > kSystemMaximum) {
    token.creation_ttl = kSystemMaximum;
    warnings.emplace_back("TTL of more than the system's maximum; capped");
  }
  token.created = now();
  token.expires = token.creation_ttl == 0 ? 0 : token.created + token.creation_ttl;
  token.renewable = flag(body, "renewable", true) && token.expires != 0;
  token.orphan = path.ends_with("create-orphan") || flag(body, "no_parent", false);
  const std::string id = "s.double" + random_id();
  Answer answer = envelope(200, nullptr, auth_block(id, token), warnings);
  tokens_[id] = std::move(token);
  return answer;
}

Answer TokenBook::look_up(const std::string& id) const {
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
  set_integer(data.get(), "explicit_max_ttl", 0);
  set_string(data.get(), "id", id);
  set_member(data.get(), "meta", nullptr);
  set_integer(data.get(), "num_uses", 0);
  set_flag(data.get(), "orphan", token.orphan);
  set_string(data.get(), "path", token.path);
  if (token.period != 0) set_integer(data.get(), "period", token.period);
  set_member(data.get(), "policies", strings(token.policies));
  set_flag(data.get(), "renewable", token.renewable);
  set_integer(data.get(), "ttl", token.expires == 0 ? 0 : token.expires - now());
  set_string(data.get(), "type", "service");
  return envelope(200, std::move(data));
}

const std::string* TokenBook::token_of(const json_t* body) const {
  const auto accessor = string_member(body, "accessor");
  for (const auto& [id, token] : tokens_) {
    if (accessor == token.accessor) return &id;
  }
  return nullptr;
}

Answer TokenBook::look_up_accessor(const json_t* body) const {
  const std::string* const id = token_of(body);
  return id != nullptr ? look_up(*id) : error_answer(403, {"invalid accessor"});
}

Answer TokenBook::renew(const std::string& id) {
  Token& token = tokens_.at(id);
  if (!token.renewable) return error_answer(400, {"lease is not renewable"});
  token.expires = now() + token.creation_ttl;
  return envelope(200, nullptr, auth_block(id, token));
}

Answer TokenBook::revoke(const std::string& token) {
  tokens_.erase(token);
  return no_content();
}

Answer TokenBook::revoke_accessor(const json_t* body) {
  const std::string* const id = token_of(body);
  if (id == nullptr) return envelope(200, nullptr, nullptr, {"No token found with this accessor"});
  return revoke(std::string(*id));
}

std::optional<TokenBook::Capabilities> TokenBook::parse_policy(const std::string& text) {
  static const std::regex rule(
      R"re(\s*path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\})re");
  static const std::regex word(R"re("([a-z]+)")re");
  Capabilities paths;
  auto rest = text.cbegin();
  std::smatch match;
  while (
      std::regex_search(rest, text.cend(), match, rule, std::regex_constants::match_continuous)) {
    std::set<std::string>& granted = paths[match[1]];
    const std::string list = match[2];
    for (std::sregex_iterator i(list.begin(), list.end(), word), end; i != end; ++i) {
      granted.insert((*i)[1]);
    }
    rest = match.suffix().first;
  }
  const bool complete =
      std::all_of(rest, text.cend(), [](unsigned char c) { return std::isspace(c) != 0; });
  if (!complete) return std::nullopt;
  return paths;
}

Answer TokenBook::read_policy(const std::string& name) const {
  const auto found = policies_.find(lower(name));
  if (found == policies_.end()) return error_answer(404, {});
  Json data = new_object();
  set_string(data.get(), "name", found->first);
  set_string(data.get(), "policy", found->second.text);
  return envelope(200, std::move(data));
}

Answer TokenBook::write_policy(const std::string& name, const json_t* body) {
  const std::string text(string_member(body, "policy").value_or(""));
  auto paths = parse_policy(text);
  if (text.empty() || !paths) return error_answer(400, {"failed to parse policy"});
  policies_[lower(name)] = {text, std::move(*paths)};
  return no_content();
}

Answer TokenBook::delete_policy(const std::string& name) {
  policies_.erase(lower(name));
  return no_content();
}

Answer TokenBook::list_policies() const {
  std::vector<std::string> names;
  names.reserve(policies_.size() + 1);
  for (const auto& [name, policy] : policies_) names.push_back(name);
  names.emplace_back("root");
  Json data = new_object();
  set_member(data.get(), "keys", strings(names));
  return envelope(200, std::move(data));
}

}  // namespace claude_auth::testing
