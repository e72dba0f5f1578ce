// The admin's conversation with Vault through a run over many users: it ends at the first failure
// that is the server's own, since no other user would be spared it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "admin/admin_context.h"
#include "vault/vault_api.h"

namespace claude_auth {

class VaultSession {
 public:
  /// Nothing is sent. Without an admin's token only `find_out` may be asked.
  explicit VaultSession(const AdminContext& context);

  /// There is an admin's token, and nothing has ended the conversation.
  [[nodiscard]] bool may_ask() const { return has_token_ && !ended(); }
  [[nodiscard]] bool has_token() const { return has_token_; }

  /// The server is not asked any more: `trouble` is the sentence why.
  [[nodiscard]] bool ended() const { return !trouble_.empty(); }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  /// Makes one call, `request(VaultApi&, Deadline)`, unless the conversation has ended. Error: one
  /// sentence.
  template <typename Request,
            typename Value = std::invoke_result_t<Request, VaultApi&, Deadline>::value_type>
  std::expected<Value, std::string> ask(Request request) {
    if (ended()) return std::unexpected(trouble_);
    auto reply = request(*api_, Deadline::in(patience_));
    if (!reply) return std::unexpected(note(reply.error()));
    if constexpr (std::is_void_v<Value>) {
      return {};
    } else {
      return std::move(*reply);
    }
  }

  /// Ends the conversation where the server does not answer, or only that it is sealed: for a user
  /// whose program could not ask it.
  void find_out();

 private:
  std::string note(const StoreError& error);

  std::optional<VaultApi> api_;
  Millis patience_;
  bool has_token_;
  std::string trouble_;
};

}  // namespace claude_auth
