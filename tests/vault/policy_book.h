// The double's ACL policies: kept, and asked what they allow.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "answer.h"
#include "base/json.h"

namespace claude_auth::testing {

/// Knows rules of exact paths and of prefixes ("a/b*"), with capabilities only; comments by '#'.
class PolicyBook {
 public:
  PolicyBook();

  [[nodiscard]] bool has(const std::string& name) const;

  /// Do the policies `names` together give `capability` on `path`? As in Vault an exact rule
  /// outranks a prefix, and a longer prefix a shorter one.
  [[nodiscard]] bool allow(const std::vector<std::string>& names, const std::string& path,
                           const std::string& capability) const;

  /// Any rule at or below `mount` ("secret/")?
  [[nodiscard]] bool reach(const std::vector<std::string>& names, const std::string& mount) const;

  [[nodiscard]] Answer read(const std::string& name) const;
  [[nodiscard]] Answer write(const std::string& name, const json_t* body);
  [[nodiscard]] Answer remove(const std::string& name);
  [[nodiscard]] Answer list() const;

 private:
  using Rules = std::map<std::string, std::set<std::string>>;
  struct Policy {
    std::string text;
    Rules rules;
  };
  static std::optional<Rules> parse(const std::string& text);
  /// The rule that decides about `path`: its pattern, or an empty string.
  [[nodiscard]] std::string deciding(const std::vector<std::string>& names,
                                     const std::string& path) const;

  std::map<std::string, Policy> policies_;
};

}  // namespace claude_auth::testing
