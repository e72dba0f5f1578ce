// The double's tokens: minting, look-up, renewal, revocation, and what caps their lives.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "answer.h"
#include "base/json.h"
#include "policy_book.h"
#include "role_book.h"

namespace claude_auth::testing {

/// All tokens live in seconds of a clock that tests can move.
class TokenBook {
 public:
  explicit TokenBook(std::string root_token);

  /// False for a token that was never minted, is revoked, or has run out.
  [[nodiscard]] bool knows(const std::string& token);

  /// Does one of the token's policies give `capability` on `path`?
  [[nodiscard]] bool allows(const std::string& token, const std::string& path,
                            const std::string& capability) const;

  /// Any capability at or below `mount` ("secret/")?
  [[nodiscard]] bool reaches_mount(const std::string& token, const std::string& mount) const;

  /// `path` is auth/token/create, …/create-orphan or …/create/ROLE; `caller` may ask there.
  [[nodiscard]] Answer create(const std::string& caller, const std::string& path,
                              const json_t* body);
  [[nodiscard]] Answer look_up(const std::string& token) const;
  [[nodiscard]] Answer look_up_accessor(const json_t* body) const;
  [[nodiscard]] Answer renew(const std::string& token);
  [[nodiscard]] Answer revoke(const std::string& token);
  [[nodiscard]] Answer revoke_accessor(const json_t* body);

  /// What auth/token is tuned to.
  [[nodiscard]] Answer tuning() const;
  [[nodiscard]] Answer tune(const json_t* body);

  [[nodiscard]] PolicyBook& policies() { return policies_; }
  [[nodiscard]] RoleBook& roles() { return roles_; }

  /// Moves the clock of every TTL forward.
  void advance(std::chrono::seconds span) { offset_ += span; }
  /// Epoch seconds of that clock.
  [[nodiscard]] std::int64_t now() const;

 private:
  struct Token {
    std::string accessor;
    std::string display_name;
    std::string path;
    std::string parent;  ///< empty: an orphan
    std::string role;    ///< empty: made without one
    std::vector<std::string> policies;
    std::int64_t created = 0;
    std::int64_t creation_ttl = 0;  ///< seconds; 0: never ends
    std::int64_t expires = 0;
    std::int64_t period = 0;
    std::int64_t explicit_max_ttl = 0;
    bool renewable = false;
  };
  using Warnings = std::vector<std::string>;

  [[nodiscard]] Answer create(Token token, const json_t* body, const TokenRole* role);
  [[nodiscard]] std::vector<std::string> granted_policies(const Token& caller, const json_t* body,
                                                          const TokenRole* role) const;
  /// Why `caller` may not make such a token; empty where he may.
  [[nodiscard]] std::string why_refused(const std::string& caller, const json_t* body,
                                        const Token& token, const TokenRole* role) const;
  /// The TTL that `token` gets now, with a warning where it is less than was asked.
  [[nodiscard]] std::int64_t granted_ttl(const Token& token, std::int64_t asked,
                                         Warnings& warnings) const;
  [[nodiscard]] std::int64_t expiry(const Token& token, std::int64_t ttl) const;
  [[nodiscard]] Json auth_block(const std::string& id, const Token& token) const;
  [[nodiscard]] Json facts_of(const std::string& id) const;
  [[nodiscard]] const std::string* token_of(const json_t* body) const;

  std::map<std::string, Token> tokens_;
  PolicyBook policies_;
  RoleBook roles_;
  std::int64_t max_ttl_;
  std::chrono::seconds offset_{0};
};

}  // namespace claude_auth::testing
