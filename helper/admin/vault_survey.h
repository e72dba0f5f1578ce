// Every user's document, read with the admin's token over few connections in parallel.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "admin/admin_context.h"
#include "admin/document_facts.h"
#include "store/store.h"

namespace claude_auth {

inline constexpr std::size_t kSurveyConnections = 8;

/// Called now and then with how many users are done, by one thread at a time.
using SurveyProgress = std::function<void(std::size_t done, std::size_t of)>;

/// One entry for each of `users`, in their order. Once the server is found unreachable or sealed
/// nothing more is asked, and all that is left gets that error. Needs: `store = vault`, a token,
/// and no other thread yet that could use libcurl.
[[nodiscard]] std::vector<std::expected<DocumentFacts, StoreError>> survey_documents(
    const AdminContext& context, const std::vector<std::string>& users, Deadline deadline,
    const SurveyProgress& progress = {});

}  // namespace claude_auth
