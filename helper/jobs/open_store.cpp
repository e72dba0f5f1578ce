#include "jobs/open_store.h"

#include "base/secure_file.h"
#include "claude/oauth_env.h"
#include "decide/token_decision.h"
#include "store/local_store.h"

namespace claude_auth {
namespace {

constexpr std::chrono::hours kVerifiedFor{24};

std::expected<Secret, StoreError> read_vault_token(const Context& context) {
  auto text = read_small_file(
      context.paths.vault_token,
      {.owner = context.user.uid, .forbidden_bits = 0077, .max_bytes = kMaxTokenBytes + 2});
  if (!text)
    return std::unexpected(
        StoreError{.kind = StoreErrorKind::misconfigured, .sentence = text.error().sentence()});
  const auto usable = usable_token(*text);
  Secret token = usable ? Secret::copy_of(*usable) : Secret();
  wipe(*text);
  if (token.empty())
    return std::unexpected(StoreError{
        .kind = StoreErrorKind::misconfigured,
        .sentence = context.paths.vault_token + " holds no Vault token: have it provisioned anew"});
  return token;
}

bool verified_lately(const Stamps& stamps, const std::string& fingerprint, Instant now) {
  return stamps.verified_vault_token == fingerprint && stamps.vault_token_verified_at &&
         *stamps.vault_token_verified_at <= now &&
         now - *stamps.vault_token_verified_at < kVerifiedFor;
}

std::expected<void, StoreError> check_owner(VaultStore& vault, const Context& context,
                                            Deadline deadline) {
  const auto facts = vault.look_up_self(deadline);
  if (!facts) return std::unexpected(facts.error());
  const ExpectedToken expected{
      .display_name = expand_user(context.config.vault.token_display_name, context.user.name),
      .policy = expand_user(context.config.vault.token_policy, context.user.name)};
  std::string problem;
  switch (decide_token(*facts, expected)) {
    case TokenDecision::ours:
      return {};
    case TokenDecision::foreign_name:
      problem = "is not this user's (display_name is not " + expected.display_name + ")";
      break;
    case TokenDecision::lacks_policy:
      problem = "lacks the policy " + expected.policy;
      break;
  }
  return std::unexpected(StoreError{.kind = StoreErrorKind::denied,
                                    .sentence = "the token in " + context.paths.vault_token + " " +
                                                problem + ": refused; have it provisioned anew"});
}

}  // namespace

std::expected<OpenStore, StoreError> open_store(const Context& context, const Stamps& stamps,
                                                Retry retry, Verify verify, Deadline deadline) {
  if (context.config.store == StoreKind::local)
    return OpenStore{.store = std::make_unique<LocalStore>(context.paths.local_store)};

  auto token = read_vault_token(context);
  if (!token) return std::unexpected(token.error());
  const std::string fingerprint = token_fingerprint(token->view());
  VaultSettings settings = context.config.vault;
  if (retry == Retry::never) settings.max_retries = 0;
  auto vault = std::make_unique<VaultStore>(
      std::move(settings), expand_user(context.config.vault.path, context.user.name),
      std::move(*token), CLAUDE_AUTH_STORE_PROGRAM);
  OpenStore opened;
  if (verify == Verify::always || !verified_lately(stamps, fingerprint, context.clock.now())) {
    if (auto ours = check_owner(*vault, context, deadline); !ours)
      return std::unexpected(ours.error());
    opened.newly_verified = fingerprint;
  }
  opened.vault = vault.get();
  opened.store = std::move(vault);
  return opened;
}

void pass_on_warning(const OpenStore& opened, Context& context) {
  if (opened.vault != nullptr && !opened.vault->warning().empty())
    context.warnings.push_back(opened.vault->warning());
}

void stamp_verified(const OpenStore& opened, Stamps& stamps, Instant now) {
  if (opened.newly_verified.empty()) return;
  stamps.verified_vault_token = opened.newly_verified;
  stamps.vault_token_verified_at = now;
}

}  // namespace claude_auth
