#include "token_ledger.h"

namespace claude_auth::testing {

IssuedLogin TokenLedger::issue(Family family, Millis lifetime, Instant now) {
  const std::string number = std::to_string(++serial_);
  IssuedLogin login{.access_token = "sk-ant-oat01-TEST-access-" + number,
                    .refresh_token = "sk-ant-ort01-TEST-refresh-" + number,
                    .expires_at = now + lifetime};
  access_[login.access_token] = {.family = family, .expires_at = login.expires_at};
  refresh_[login.refresh_token] = {.family = family};
  return login;
}

IssuedLogin TokenLedger::log_in(Millis lifetime, Instant now) {
  ++log_ins_;
  ended_.push_back(false);
  return issue(ended_.size() - 1, lifetime, now);
}

std::optional<IssuedLogin> TokenLedger::refresh(const std::string& refresh_token, Millis lifetime,
                                                Instant now) {
  const auto found = refresh_.find(refresh_token);
  if (found == refresh_.end() || ended_[found->second.family]) {
    ++refusals_;
    return std::nullopt;
  }
  if (found->second.used) {
    ++refusals_;
    ++reuses_;
    if (reuse_ == ReuseRule::ends_family) ended_[found->second.family] = true;
    return std::nullopt;
  }
  found->second.used = true;
  ++rotations_;
  return issue(found->second.family, lifetime, now);
}

void TokenLedger::accept(const std::string& token) {
  ended_.push_back(false);
  access_[token] = {.family = ended_.size() - 1, .expires_at = std::nullopt};
}

void TokenLedger::revoke(const std::string& token) {
  if (const auto access = access_.find(token); access != access_.end())
    ended_[access->second.family] = true;
  if (const auto refresh = refresh_.find(token); refresh != refresh_.end())
    ended_[refresh->second.family] = true;
}

AccessVerdict TokenLedger::check(const std::string& access_token, Instant now) const {
  const auto found = access_.find(access_token);
  if (found == access_.end()) return AccessVerdict::unknown;
  if (ended_[found->second.family]) return AccessVerdict::revoked;
  if (found->second.expires_at && *found->second.expires_at <= now) return AccessVerdict::expired;
  return AccessVerdict::accepted;
}

bool TokenLedger::is_current(const std::string& refresh_token) const {
  const auto found = refresh_.find(refresh_token);
  return found != refresh_.end() && !found->second.used && !ended_[found->second.family];
}

}  // namespace claude_auth::testing
