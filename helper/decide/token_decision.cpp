#include "decide/token_decision.h"

#include <algorithm>

namespace claude_auth {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

char lowered(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

bool holds(const std::vector<std::string>& policies, const std::string& policy) {
  return std::ranges::find(policies, policy) != policies.end();
}

}  // namespace

std::string vault_display_name(std::string_view name) {
  std::string stored;
  for (const char c : name) {
    // Vault counts characters: the later bytes of a UTF-8 sequence add no '-' of their own.
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
    stored += is_digit(c) || is_upper(c) || is_lower(c) ? c : '-';
  }
  if (stored.ends_with('-')) stored.pop_back();
  return stored;
}

std::string vault_policy_name(std::string name) {
  std::ranges::transform(name, name.begin(), lowered);
  return name;
}

TokenDecision decide_token(const TokenFacts& facts, const ExpectedToken& expected) {
  if (facts.display_name != vault_display_name(expected.display_name)) {
    return TokenDecision::foreign_name;
  }
  const std::string policy = vault_policy_name(expected.policy);
  if (!holds(facts.policies, policy) && !holds(facts.identity_policies, policy)) {
    return TokenDecision::lacks_policy;
  }
  return TokenDecision::ours;
}

}  // namespace claude_auth
