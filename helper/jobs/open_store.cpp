#include "jobs/open_store.h"

#include "claude/oauth_env.h"
#include "store/local_store.h"

namespace claude_auth {
namespace {

constexpr std::chrono::hours kVerifiedFor{24};

bool verified_lately(const Stamps& stamps, const std::string& fingerprint, Instant now) {
  return stamps.verified_vault_token == fingerprint && stamps.vault_token_verified_at &&
         *stamps.vault_token_verified_at <= now &&
         now - *stamps.vault_token_verified_at < kVerifiedFor;
}

std::expected<void, StoreError> check_owner(VaultStore& vault, const Context& context,
                                            Deadline deadline) {
  const auto facts = vault.look_up_self(deadline);
  if (!facts) return std::unexpected(facts.error());
  std::string problem = why_not_ours(context, *facts);
  if (problem.empty()) return {};
  return std::unexpected(
      StoreError{.kind = StoreErrorKind::denied, .sentence = std::move(problem)});
}

}  // namespace

std::expected<OpenStore, StoreError> prepare_store(const Context& context, Retry retry,
                                                   Deadline deadline) {
  if (context.config.store == StoreKind::local)
    return OpenStore{.store = std::make_unique<LocalStore>(context.paths.local_store)};

  auto token = read_vault_token(context);
  if (!token)
    return std::unexpected(StoreError{.kind = StoreErrorKind::misconfigured,
                                      .sentence = std::move(token.error().sentence)});
  OpenStore opened{.store = nullptr, .token_fingerprint = token_fingerprint(token->view())};
  auto vault = vault_store_of(context, std::move(*token), retry);
  vault->start_ahead(deadline);
  opened.vault = vault.get();
  opened.store = std::move(vault);
  return opened;
}

std::expected<void, StoreError> verify_token(OpenStore& opened, const Context& context,
                                             const Stamps& stamps, Verify verify,
                                             Deadline deadline) {
  if (opened.vault == nullptr) return {};
  if (verify == Verify::when_due &&
      verified_lately(stamps, opened.token_fingerprint, context.clock.now()))
    return {};
  auto ours = check_owner(*opened.vault, context, deadline);
  if (ours) opened.newly_verified = opened.token_fingerprint;
  return ours;
}

std::expected<OpenStore, StoreError> open_store(const Context& context, const Stamps& stamps,
                                                Retry retry, Verify verify, Deadline deadline) {
  auto opened = prepare_store(context, retry, deadline);
  if (!opened) return opened;
  if (auto ours = verify_token(*opened, context, stamps, verify, deadline); !ours)
    return std::unexpected(std::move(ours.error()));
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
