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
  VaultStore* vault = nullptr;  ///< `store`, where that is Vault
  /// The fingerprint of a token that was found to be ours just now: to be stamped. Empty where
  /// there was nothing to verify, or it was verified within 24 h.
  std::string newly_verified{};
};

/// Opens the store. With Vault: reads the scoped token and looks it up as `verify` says (DESIGN
/// rule 8). A foreign token is `denied`, and never used for anything else.
[[nodiscard]] std::expected<OpenStore, StoreError> open_store(const Context& context,
                                                              const Stamps& stamps, Retry retry,
                                                              Verify verify, Deadline deadline);

/// Hands the transport's warning, if it has one, to the job's final words.
void pass_on_warning(const OpenStore& opened, Context& context);

/// Stamps what `open_store` verified; no-op where it verified nothing.
void stamp_verified(const OpenStore& opened, Stamps& stamps, Instant now);

}  // namespace claude_auth
