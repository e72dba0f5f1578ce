#include "jobs/scoped_token.h"

#include "base/secure_file.h"
#include "decide/token_decision.h"

namespace claude_auth {
namespace {

// Any number may be an answer, and not any can be added to a date.
constexpr std::chrono::years kAsGoodAsNever{100};

}  // namespace

const char* name_of(VaultTokenState state) {
  switch (state) {
    case VaultTokenState::absent:
      return "absent";
    case VaultTokenState::present:
      return "present";
    case VaultTokenState::ours:
      return "ours";
    case VaultTokenState::foreign:
      return "foreign";
    case VaultTokenState::rejected:
      return "rejected";
    case VaultTokenState::unreadable:
      return "unreadable";
    case VaultTokenState::unknown:
      break;
  }
  return "unknown";
}

std::optional<Instant> end_of(const VaultTokenReport& token, Instant now) {
  if (!token.facts || !token.facts->ttl || *token.facts->ttl > kAsGoodAsNever) return std::nullopt;
  return now + *token.facts->ttl;
}

std::expected<Secret, NoToken> read_vault_token(const Context& context) {
  auto text = read_small_file(
      context.paths.vault_token,
      {.owner = context.user.uid, .forbidden_bits = 0077, .max_bytes = kMaxTokenBytes + 2});
  if (!text) {
    const bool absent = text.error().kind == FileErrorKind::absent;
    return std::unexpected(NoToken{absent ? VaultTokenState::absent : VaultTokenState::unreadable,
                                   text.error().sentence()});
  }
  const auto usable = usable_token(*text);
  Secret token = usable ? Secret::copy_of(*usable) : Secret();
  wipe(*text);
  if (token.empty())
    return std::unexpected(
        NoToken{VaultTokenState::unreadable,
                context.paths.vault_token + " holds no Vault token: have it provisioned anew"});
  return token;
}

std::unique_ptr<VaultStore> vault_store_of(const Context& context, Secret token, Retry retry) {
  VaultSettings settings = context.config.vault;
  if (retry == Retry::never) settings.max_retries = 0;
  return std::make_unique<VaultStore>(std::move(settings),
                                      expand_user(context.config.vault.path, context.user.name),
                                      std::move(token), CLAUDE_AUTH_STORE_PROGRAM);
}

std::string why_not_ours(const Context& context, const TokenFacts& facts) {
  const ExpectedToken expected{
      .display_name = expand_user(context.config.vault.token_display_name, context.user.name),
      .policy = expand_user(context.config.vault.token_policy, context.user.name)};
  std::string problem;
  switch (decide_token(facts, expected)) {
    case TokenDecision::ours:
      return {};
    case TokenDecision::foreign_name:
      problem = "is not this user's (display_name is not " + expected.display_name + ")";
      break;
    case TokenDecision::lacks_policy:
      problem = "lacks the policy " + expected.policy;
      break;
  }
  return "the token in " + context.paths.vault_token + " " + problem +
         ": refused; have it provisioned anew";
}

VaultTokenReport look_at_vault_token(const Context& context) {
  const auto token = read_vault_token(context);
  if (token) return {.state = VaultTokenState::present, .problem = {}, .facts = {}};
  return {.state = token.error().state, .problem = token.error().sentence, .facts = {}};
}

CheckedVault check_vault(const Context& context, Deadline deadline) {
  auto token = read_vault_token(context);
  if (!token)
    return {.token = {.state = token.error().state, .problem = token.error().sentence, .facts = {}},
            .store = nullptr};
  auto store = vault_store_of(context, std::move(*token), Retry::configured);
  const auto facts = store->look_up_self(deadline);
  if (!facts) {
    const bool denied = facts.error().kind == StoreErrorKind::denied;
    return {.token = {.state = denied ? VaultTokenState::rejected : VaultTokenState::unknown,
                      .problem = facts.error().sentence,
                      .facts = {}},
            .store = nullptr};
  }
  if (std::string problem = why_not_ours(context, *facts); !problem.empty())
    return {.token = {.state = VaultTokenState::foreign,
                      .problem = std::move(problem),
                      .facts = *facts},
            .store = nullptr};
  return {.token = {.state = VaultTokenState::ours, .problem = {}, .facts = *facts},
          .store = std::move(store)};
}

}  // namespace claude_auth
