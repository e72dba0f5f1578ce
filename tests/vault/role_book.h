// The double's token roles: auth/token/roles/NAME.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "answer.h"
#include "base/json.h"

namespace claude_auth::testing {

struct TokenRole {
  std::vector<std::string> allowed_policies;
  std::vector<std::string> allowed_policies_glob;
  bool orphan = false;
  bool renewable = true;
  bool no_default_policy = false;
  std::int64_t period = 0;            ///< seconds; 0: none
  std::int64_t explicit_max_ttl = 0;  ///< seconds; 0: none

  /// Does it limit the policies at all? One that does not gives what its caller has.
  [[nodiscard]] bool limits_policies() const;
  [[nodiscard]] bool allows_policy(const std::string& policy) const;
};

class RoleBook {
 public:
  /// Null where there is none.
  [[nodiscard]] const TokenRole* find(const std::string& name) const;

  [[nodiscard]] Answer read(const std::string& name) const;
  [[nodiscard]] Answer write(const std::string& name, const json_t* body);
  [[nodiscard]] Answer remove(const std::string& name);

 private:
  std::map<std::string, TokenRole> roles_;
};

}  // namespace claude_auth::testing
