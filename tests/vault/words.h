// How Vault reads what requests to its token store and its policies hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace claude_auth::testing {

[[nodiscard]] std::string lower(std::string text);

/// A duration in seconds: a number of them, or a string of one unit ("768h", "90s"). 0 where there
/// is none.
[[nodiscard]] std::int64_t duration(const json_t* body, const char* key);

/// As its warnings print one: "768h".
[[nodiscard]] std::string duration_text(std::int64_t seconds);

[[nodiscard]] bool flag(const json_t* body, const char* key, bool otherwise);

/// A list of names in lower case: an array, or a string with commas.
[[nodiscard]] std::vector<std::string> names(const json_t* body, const char* key);

}  // namespace claude_auth::testing
