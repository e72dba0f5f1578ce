// The policy that is a user's boundary in Vault: its text, and how it is read and written.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/config.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// Can `text` stand in a policy's path and name nothing but itself? Not where it is empty or holds
/// a glob (`*`, `+`), a template's brace, a quote, a backslash, or a byte that is not printable
/// ASCII.
[[nodiscard]] bool literal_in_policy(std::string_view text);

/// What `user` may do: read and write his own document, see its metadata, look up and renew the
/// token itself (which the policy `default` grants only where it is attached). Exact paths of
/// `settings` with %u replaced. The same input gives the same bytes for ever: the server returns a
/// policy verbatim, and any difference is drift. Needs: mount, path and user are
/// `literal_in_policy`.
[[nodiscard]] std::string user_policy(const VaultSettings& settings, const std::string& user);

/// GET sys/policies/acl/`name`: the text as it was written; nothing where there is no such policy.
[[nodiscard]] std::expected<std::optional<std::string>, StoreError> read_policy(
    VaultApi& api, std::string_view name, Deadline deadline);

/// POST sys/policies/acl/`name`: makes or replaces it. May be sent again after a lost reply.
[[nodiscard]] std::expected<void, StoreError> write_policy(VaultApi& api, std::string_view name,
                                                           std::string_view text,
                                                           Deadline deadline);

/// What a reply to GET sys/policies/acl/NAME says. Pure.
[[nodiscard]] std::expected<std::optional<std::string>, StoreError> policy_in(
    const HttpReply& reply, std::string_view name);

/// Does a reply to POST sys/policies/acl/NAME say that the policy is written? 204, or 200 with
/// warnings. Pure.
[[nodiscard]] std::expected<void, StoreError> policy_written_in(const HttpReply& reply,
                                                                std::string_view name);

}  // namespace claude_auth
