#include "admin/vault_session.h"

#include <utility>

#include "vault/server_facts.h"

namespace claude_auth {
namespace {

/// Would any other request of this run fare better? `denied` is a policy's word on one path, and
/// `misconfigured` may be about one role or one mount.
bool is_the_servers_own(StoreErrorKind kind) {
  return kind == StoreErrorKind::unreachable || kind == StoreErrorKind::sealed ||
         kind == StoreErrorKind::busy;
}

}  // namespace

VaultSession::VaultSession(const AdminContext& context)
    : patience_(context.config.vault.request_timeout), has_token_(context.token.has_value()) {
  auto api = VaultApi::open(context.config.vault, has_token_ ? context.token->clone() : Secret());
  if (api) {
    api_.emplace(std::move(*api));
  } else {
    trouble_ = std::move(api.error().sentence);
  }
}

void VaultSession::find_out() {
  const auto health = ask(read_health);
  if (health && (health->sealed || !health->initialized)) {
    trouble_ = "vault: it is sealed or not initialised";
  }
}

std::string VaultSession::note(const StoreError& error) {
  if (is_the_servers_own(error.kind)) trouble_ = error.sentence;
  return error.sentence;
}

}  // namespace claude_auth
