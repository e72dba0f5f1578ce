// What Vault says of every user, asked with the admin's token over few connections in parallel.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_context.h"
#include "admin/document_facts.h"
#include "store/store.h"

namespace claude_auth {

inline constexpr std::size_t kSurveyConnections = 8;

/// Called with how many are done, by one thread at a time.
using SurveyProgress = std::function<void(std::size_t done, std::size_t of)>;

// Both give one entry for each item, in order. Once the server is found unreachable or sealed
// nothing more is asked, and what is left gets that error. They need `store = vault`, a token, and
// no other thread yet that could use libcurl.

/// The documents of `users`.
[[nodiscard]] std::vector<std::expected<DocumentFacts, StoreError>> survey_documents(
    const AdminContext& context, const std::vector<std::string>& users, Deadline deadline,
    const SurveyProgress& progress = {});

/// When the tokens of `accessors` end; nothing for an empty accessor, for a token that is gone, and
/// for one that never ends. Nothing more is asked of a server that denies it once, too.
[[nodiscard]] std::vector<std::expected<std::optional<Instant>, StoreError>> survey_token_ends(
    const AdminContext& context, const std::vector<std::string>& accessors, Deadline deadline);

}  // namespace claude_auth
