// The double's tokens and policies: minting, look-up, renewal, revocation, access control.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "answer.h"
#include "base/json.h"

namespace claude_auth::testing {

/// All tokens live in seconds of a clock that tests can move.
class TokenBook {
 public:
  explicit TokenBook(std::string root_token);

  /// False for a token that was never minted, is revoked, or has run out.
  [[nodiscard]] bool knows(const std::string& token);

  /// Does one of the token's policies give `capability` on exactly `path`?
  [[nodiscard]] bool allows(const std::string& token, const std::string& path,
                            std::string_view capability) const;

  /// Any capability at or below `mount` ("secret/")?
  [[nodiscard]] bool reaches_mount(const std::string& token, const std::string& mount) const;

  [[nodiscard]] Answer create(const std::string& path, const json_t* body);
  [[nodiscard]] Answer look_up(const std::string& token) const;
  [[nodiscard]] Answer look_up_accessor(const json_t* body) const;
  [[nodiscard]] Answer renew(const std::string& token);
  [[nodiscard]] Answer revoke(const std::string& token);
  [[nodiscard]] Answer revoke_accessor(const json_t* body);

  [[nodiscard]] Answer read_policy(const std::string& name) const;
  [[nodiscard]] Answer write_policy(const std::string& name, const json_t* body);
  [[nodiscard]] Answer delete_policy(const std::string& name);
  [[nodiscard]] Answer list_policies() const;

  /// Moves the clock of every TTL forward.
  void advance(std::chrono::seconds span) { offset_ += span; }

 private:
  using Capabilities = std::map<std::string, std::set<std::string>>;
  struct Policy {
    std::string text;
    Capabilities paths;
  };
  struct Token {
    std::string accessor;
    std::string display_name;
    std::string path;
    std::vector<std::string> policies;
    std::int64_t created = 0;
    std::int64_t creation_ttl = 0;  ///< seconds; 0: never ends
    std::int64_t expires = 0;
    std::int64_t period = 0;
    bool renewable = false;
    bool orphan = false;
  };

  [[nodiscard]] std::int64_t now() const;
  [[nodiscard]] Json auth_block(const std::string& id, const Token& token) const;
  [[nodiscard]] const std::string* token_of(const json_t* body) const;
  static std::optional<Capabilities> parse_policy(const std::string& text);

  std::map<std::string, Token> tokens_;
  std::map<std::string, Policy> policies_;
  std::chrono::seconds offset_{0};
};

}  // namespace claude_auth::testing
