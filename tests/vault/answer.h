// What the Vault double answers, in the words of a real server.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace claude_auth::testing {

struct Answer {
  unsigned status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// {"errors":[...]} with `status`.
[[nodiscard]] Answer error_answer(unsigned status, std::initializer_list<std::string_view> errors);

/// What a policy that does not allow something answers: the text of a collected error.
[[nodiscard]] Answer not_allowed();

[[nodiscard]] Answer unsupported_path();
[[nodiscard]] Answer unsupported_operation();

/// The envelope of every success, with `data` or `auth` (either may be null) and `warnings`.
[[nodiscard]] Answer envelope(unsigned status, Json data, Json auth = nullptr,
                              const std::vector<std::string>& warnings = {});

[[nodiscard]] inline Answer no_content() {
  return {204, "", {}};
}

/// Sets a member to a value of any kind, taking it over; null stands for JSON's null.
void set_member(json_t* object, const char* key, Json value);
void set_flag(json_t* object, const char* key, bool value);

}  // namespace claude_auth::testing
