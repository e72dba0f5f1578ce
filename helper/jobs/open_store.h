// Opens the configured store for a job, and lets no token through that is not the user's own.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "jobs/context.h"
#include "jobs/scoped_token.h"
#include "jobs/stamps.h"
#include "store/store.h"
#include "store/vault_store.h"

namespace claude_auth {

/// When the scoped token is looked up.
enum class Verify {
  when_due,  ///< unless its hash was verified within 24 h
  always,
};

struct OpenStore {
  std::unique_ptr<Store> store;
  VaultStore* vault = nullptr;      ///< `store`, where that is Vault
  std::string token_fingerprint{};  ///< of the scoped token, with Vault
  /// The fingerprint of a token that was found to be ours just now: to be stamped. Empty where
  /// there was nothing to verify, or it was verified within 24 h.
  std::string newly_verified{};
};

/// The first half of `open_store`: with Vault, reads the scoped token and starts the program that
/// will ask. Nothing goes over the network.
[[nodiscard]] std::expected<OpenStore, StoreError> prepare_store(const Context& context,
                                                                 Retry retry, Deadline deadline);

/// The second half: looks the scoped token up as `verify` says (DESIGN rule 8). A foreign one is
/// `denied`, and the store must not be asked for anything.
[[nodiscard]] std::expected<void, StoreError> verify_token(OpenStore& opened,
                                                           const Context& context,
                                                           const Stamps& stamps, Verify verify,
                                                           Deadline deadline);

/// Opens the store: both halves.
[[nodiscard]] std::expected<OpenStore, StoreError> open_store(const Context& context,
                                                              const Stamps& stamps, Retry retry,
                                                              Verify verify, Deadline deadline);

/// Hands the transport's warning, if it has one, to the job's final words.
void pass_on_warning(const OpenStore& opened, Context& context);

/// Stamps what `open_store` verified; no-op where it verified nothing.
void stamp_verified(const OpenStore& opened, Stamps& stamps, Instant now);

}  // namespace claude_auth
