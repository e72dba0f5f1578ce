// What api.anthropic.com and platform.claude.com answer to Claude Code: messages and refreshes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "token_ledger.h"
#include "vault_double.h"

namespace claude_auth::testing {

/// Answers one request after the other from a ledger of tokens. Not thread-safe.
///
/// Requests: `messages` (replies AUTH_OK to a good token, in JSON or as events), `oauth/token`
/// (a refresh), and what the tests of other processes use: see `control`.
class ClaudeApi {
 public:
  /// Every access token lives for `lifetime`.
  ClaudeApi(Millis lifetime, const Clock& clock) : lifetime_(lifetime), clock_(clock) {}

  [[nodiscard]] Answer handle(const ApiRequest& request);

  [[nodiscard]] TokenLedger& ledger() { return ledger_; }

  /// A person logs in: the `claudeAiOauth` object that Claude would write down.
  [[nodiscard]] Json log_in();

  [[nodiscard]] Millis lifetime() const { return lifetime_; }
  void set_lifetime(Millis lifetime) { lifetime_ = lifetime; }

  /// The tokens of all requests for messages, in their order, a repeated one once.
  [[nodiscard]] const std::vector<std::string>& tokens_seen() const { return tokens_seen_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t refreshes() const { return refreshes_; }

 private:
  Answer message(const ApiRequest& request);
  Answer refresh(const ApiRequest& request);
  Answer control(const ApiRequest& request);

  Millis lifetime_;
  const Clock& clock_;
  TokenLedger ledger_;
  std::vector<std::string> tokens_seen_;
  std::uint64_t messages_ = 0;
  std::uint64_t refreshes_ = 0;
};

}  // namespace claude_auth::testing
