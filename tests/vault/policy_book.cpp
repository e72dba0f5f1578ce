#include "policy_book.h"

#include <algorithm>
#include <regex>

#include "words.h"

namespace claude_auth::testing {
namespace {

constexpr const char* kDefault = R"(
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
)";

bool is_prefix(const std::string& pattern) {
  return pattern.ends_with('*');
}

bool matches(const std::string& pattern, const std::string& path) {
  if (!is_prefix(pattern)) return pattern == path;
  return path.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

/// Is a rule of `pattern` more to the point than one of `other`, where both match?
bool outranks(const std::string& pattern, const std::string& other) {
  if (is_prefix(pattern) != is_prefix(other)) return is_prefix(other);
  return pattern.size() > other.size();
}

bool is_root(const std::vector<std::string>& names) {
  return std::ranges::find(names, "root") != names.end();
}

}  // namespace

PolicyBook::PolicyBook() {
  policies_["default"] = {kDefault, parse(kDefault).value()};
  policies_["root"] = {};
}

bool PolicyBook::has(const std::string& name) const {
  return policies_.contains(name);
}

std::string PolicyBook::deciding(const std::vector<std::string>& names,
                                 const std::string& path) const {
  std::string best;
  for (const std::string& name : names) {
    const auto policy = policies_.find(name);
    if (policy == policies_.end()) continue;
    for (const auto& [pattern, granted] : policy->second.rules) {
      if (matches(pattern, path) && (best.empty() || outranks(pattern, best))) best = pattern;
    }
  }
  return best;
}

bool PolicyBook::allow(const std::vector<std::string>& names, const std::string& path,
                       const std::string& capability) const {
  if (is_root(names)) return true;
  const std::string pattern = deciding(names, path);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const auto policy = policies_.find(name);
    if (policy == policies_.end()) return false;
    const auto rule = policy->second.rules.find(pattern);
    return rule != policy->second.rules.end() && rule->second.contains(capability);
  });
}

bool PolicyBook::reach(const std::vector<std::string>& names, const std::string& mount) const {
  if (is_root(names)) return true;
  return std::ranges::any_of(names, [&](const std::string& name) {
    const auto policy = policies_.find(name);
    return policy != policies_.end() &&
           std::ranges::any_of(policy->second.rules,
                               [&](const auto& rule) { return rule.first.starts_with(mount); });
  });
}

std::optional<PolicyBook::Rules> PolicyBook::parse(const std::string& text) {
  static const std::regex comment(R"(#[^\n]*)");
  static const std::regex rule(
      R"re(\s*path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\})re");
  static const std::regex word(R"re("([a-z]+)")re");
  const std::string bare = std::regex_replace(text, comment, "");
  Rules rules;
  auto rest = bare.cbegin();
  std::smatch match;
  while (
      std::regex_search(rest, bare.cend(), match, rule, std::regex_constants::match_continuous)) {
    std::set<std::string>& granted = rules[match[1]];
    const std::string list = match[2];
    for (std::sregex_iterator i(list.begin(), list.end(), word), end; i != end; ++i) {
      granted.insert((*i)[1]);
    }
    rest = match.suffix().first;
  }
  const bool complete =
      std::all_of(rest, bare.cend(), [](unsigned char c) { return std::isspace(c) != 0; });
  if (!complete) return std::nullopt;
  return rules;
}

Answer PolicyBook::read(const std::string& name) const {
  const auto found = policies_.find(lower(name));
  if (found == policies_.end()) return error_answer(404, {});
  Json data = new_object();
  set_string(data.get(), "name", found->first);
  set_string(data.get(), "policy", found->second.text);
  return envelope(200, std::move(data));
}

Answer PolicyBook::write(const std::string& name, const json_t* body) {
  const std::string text(string_member(body, "policy").value_or(""));
  if (text.empty()) return error_answer(400, {"'policy' parameter not supplied or empty"});
  auto rules = parse(text);
  if (!rules) return error_answer(400, {"failed to parse policy"});
  policies_[lower(name)] = {text, std::move(*rules)};
  if (lower(name) == name) return no_content();
  return envelope(200, nullptr, nullptr, {"policy name was converted to camelcase"});
}

Answer PolicyBook::remove(const std::string& name) {
  policies_.erase(lower(name));
  return no_content();
}

Answer PolicyBook::list() const {
  std::vector<std::string> names;
  names.reserve(policies_.size());
  for (const auto& [name, policy] : policies_) names.push_back(name);
  Json data = new_object();
  set_strings(data.get(), "keys", names);
  return envelope(200, std::move(data));
}

}  // namespace claude_auth::testing
