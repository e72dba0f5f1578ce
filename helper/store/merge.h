// Read, change, write with check-and-set, again: how every job writes to a store.
#pragma once

#include <expected>
#include <functional>

#include "store/store.h"

namespace claude_auth {

/// Looks at the current document and gives the fields to write, or null to leave it as it is.
/// Called once per try, with what was just read or, the first time, with what was known.
using DocumentChange = std::function<Json(const StoredDocument& current)>;

enum class Merged { written, left };

/// Applies `change`, up to five times with jitter between them when somebody else wrote first. A
/// write whose reply was lost may have happened: the document is read again, and `change` says
/// whether anything is left to do; so `change` must leave alone what it already did.
/// `known` is what this job has read before: the first try looks at it and reads nothing. Where it
/// is out of date, a write finds out.
[[nodiscard]] std::expected<Merged, StoreError> merge(Store& store, const DocumentChange& change,
                                                      Deadline deadline,
                                                      const StoredDocument* known = nullptr);

}  // namespace claude_auth
