// What the fake service knows of logins: families of rotating refresh tokens, each good for one
// use, and the access tokens that came with them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace claude_auth::testing {

/// What a log-in or a refresh hands out.
struct IssuedLogin {
  std::string access_token;
  std::string refresh_token;
  Instant expires_at;  ///< of the access token
};

enum class AccessVerdict { accepted, unknown, expired, revoked };

/// What a refresh token that comes a second time does. Users' reports of the real service do not
/// agree.
enum class ReuseRule {
  ends_family,  ///< it ends all tokens of its log-in
  refuses,      ///< it is refused, and that is all
};

/// A refresh token is rotated at every use. In memory, deterministic, not thread-safe.
class TokenLedger {
 public:
  explicit TokenLedger(ReuseRule reuse = ReuseRule::ends_family) : reuse_(reuse) {}

  /// A person logs in: a new family.
  [[nodiscard]] IssuedLogin log_in(Millis lifetime, Instant now);

  /// Rotates. Nothing where the token is unknown, was used before, or is of a family that ended:
  /// `invalid_grant`.
  [[nodiscard]] std::optional<IssuedLogin> refresh(const std::string& refresh_token,
                                                   Millis lifetime, Instant now);

  /// Takes `token`, a setup token or an API key, for good until it is revoked.
  void accept(const std::string& token);

  /// Ends the family of a token of any kind; an unknown one is passed over.
  void revoke(const std::string& token);

  [[nodiscard]] AccessVerdict check(const std::string& access_token, Instant now) const;

  /// Whether `refresh_token` could be used now.
  [[nodiscard]] bool is_current(const std::string& refresh_token) const;

  [[nodiscard]] std::uint64_t log_ins() const { return log_ins_; }
  [[nodiscard]] std::uint64_t rotations() const { return rotations_; }
  /// Refresh tokens of living families that came a second time.
  [[nodiscard]] std::uint64_t reuses() const { return reuses_; }
  /// Refreshes that were refused, whatever the reason.
  [[nodiscard]] std::uint64_t refusals() const { return refusals_; }

 private:
  using Family = std::size_t;
  struct Access {
    Family family;
    std::optional<Instant> expires_at;
  };
  struct Refresh {
    Family family;
    bool used = false;
  };

  IssuedLogin issue(Family family, Millis lifetime, Instant now);

  ReuseRule reuse_;
  std::vector<bool> ended_;  // by family
  std::map<std::string, Access> access_;
  std::map<std::string, Refresh> refresh_;
  std::uint64_t serial_ = 0;
  std::uint64_t log_ins_ = 0;
  std::uint64_t rotations_ = 0;
  std::uint64_t reuses_ = 0;
  std::uint64_t refusals_ = 0;
};

}  // namespace claude_auth::testing
