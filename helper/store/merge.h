// Read, change, write with check-and-set, again: how every job writes to a store.
#pragma once

#include <expected>
#include <functional>

#include "store/store.h"

namespace claude_auth {

/// Looks at the current document and gives the fields to write, or null to leave it as it is.
/// Called once per try, always with what was just read.
using DocumentChange = std::function<Json(const StoredDocument& current)>;

enum class Merged { written, left };

/// Applies `change`, up to five times with jitter between them when somebody else wrote first. A
/// write whose reply was lost may have happened: the document is read again, and `change` says
/// whether anything is left to do; so `change` must leave alone what it already did.
[[nodiscard]] std::expected<Merged, StoreError> merge(Store& store, const DocumentChange& change,
                                                      Deadline deadline);

}  // namespace claude_auth
