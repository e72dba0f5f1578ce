// The service that model clients talk to: it checks access tokens and rotates refresh tokens. One
// process has it, the others reach it over a socket.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "simulated_clock.h"
#include "token_ledger.h"

namespace claude_auth::testing {

/// Lifetime of an access token, as long as the real ones.
inline constexpr std::chrono::hours kAccessLifetime{8};

class TokenEndpoint {
 public:
  virtual ~TokenEndpoint() = default;

  /// Whether inference takes `access_token`.
  [[nodiscard]] virtual bool accepts(const std::string& access_token) = 0;

  /// Rotates. Nothing: `invalid_grant`.
  [[nodiscard]] virtual std::optional<IssuedLogin> refresh(const std::string& refresh_token) = 0;
};

/// The service itself. Thread-safe.
class TokenService : public TokenEndpoint {
 public:
  /// Answers on `socket` until it is destroyed. Borrows `clock`.
  TokenService(ReuseRule reuse, const Clock& clock, const std::string& socket);
  ~TokenService() override;
  TokenService(const TokenService&) = delete;
  TokenService& operator=(const TokenService&) = delete;

  bool accepts(const std::string& access_token) override;
  std::optional<IssuedLogin> refresh(const std::string& refresh_token) override;

  /// A person logs in.
  [[nodiscard]] IssuedLogin log_in();

  /// Whether `refresh_token` would be taken now.
  [[nodiscard]] bool is_current(const std::string& refresh_token);

 private:
  void serve();
  std::string answer(const std::string& request);

  const Clock& clock_;
  std::mutex mutex_;  // of ledger_
  TokenLedger ledger_;
  UniqueFd listener_;
  std::jthread server_;
};

/// The same from another process. A service that does not answer ends this one.
class DistantEndpoint : public TokenEndpoint {
 public:
  explicit DistantEndpoint(std::string socket) : socket_(std::move(socket)) {}

  bool accepts(const std::string& access_token) override;
  std::optional<IssuedLogin> refresh(const std::string& refresh_token) override;

 private:
  [[nodiscard]] std::string ask(const std::string& request) const;

  std::string socket_;
};

}  // namespace claude_auth::testing
