// Model agents of one home, and the person they work for: what Claude Code does to its credentials
// file, in single steps that a cause of a log-out can leave out.
#pragma once

#include <optional>
#include <string>

#include "client_home.h"
#include "simulated_clock.h"
#include "token_ledger.h"

namespace claude_auth::testing {

/// Lifetime of an access token, as long as the real ones.
inline constexpr std::chrono::hours kAccessLifetime{8};

/// Claude refreshes from this long before the end on.
inline constexpr std::chrono::minutes kRefreshesAhead{5};

class Agents {
 public:
  /// Borrows all three.
  Agents(const ClientHome& home, TokenLedger& ledger, const Clock& clock)
      : home_(home), ledger_(ledger), clock_(clock) {}

  /// A person logs in: a new login on disk.
  void log_in();

  /// One message of one agent: refreshes where Claude would, and empties the login where a refresh
  /// is refused.
  void send_message();

  /// A refresh from its start to its end.
  void refresh();

  /// Asks for new tokens with the refresh token on disk, and no more. Nothing where it is refused.
  [[nodiscard]] std::optional<IssuedLogin> ask_for_tokens();

  /// Writes new tokens into the file as Claude does, under its locks.
  void write_down(const IssuedLogin& issued);

  /// What Claude makes of a login whose refresh was refused, without any lock.
  void empty_login();

  /// Leaves Claude's locks behind, as a killed client does.
  void abandon_locks();

  /// The login on disk would get new tokens.
  [[nodiscard]] bool logged_in() const;

  /// The whole file, and somebody who writes it without a care.
  [[nodiscard]] std::string file() const;
  void overwrite(const std::string& bytes);
  void delete_file();

 private:
  [[nodiscard]] Json login_on_disk() const;

  const ClientHome& home_;
  TokenLedger& ledger_;
  const Clock& clock_;
};

}  // namespace claude_auth::testing
