// Model agents of one home: what Claude Code does to its credentials file, in single steps that a
// cause of a log-out can leave out.
#pragma once

#include <optional>
#include <string>

#include "base/paths.h"
#include "claude/client_lock.h"
#include "claude/credentials.h"
#include "token_endpoint.h"

namespace claude_auth::testing {

/// Claude refreshes from this long before the end on.
inline constexpr std::chrono::minutes kRefreshesAhead{5};

class Agents {
 public:
  /// Agents of `user`, with no overrides. Borrows the endpoint and the clock. `lock_record`: a file
  /// of theirs alone, outside of the home.
  Agents(const UserId& user, TokenEndpoint& endpoint, const Clock& clock, std::string lock_record);

  /// What an agent makes of a message.
  enum class Answer {
    given,
    not_logged_in,
    expired,  ///< the refresh was refused: over
    busy,     ///< another agent holds the locks
  };

  /// One message of one agent: refreshes where Claude would, and empties the login where a refresh
  /// is refused.
  Answer send_message();

  /// A refresh from its start to its end.
  Answer refresh();

  /// --- the steps of a refresh ---

  /// Claude's locks. Nothing where somebody else holds them for `longest`.
  [[nodiscard]] std::optional<ClientLock> lock(Millis longest) const;

  /// Asks for new tokens with the refresh token on disk, and no more. Nothing where it is refused.
  [[nodiscard]] std::optional<IssuedLogin> ask_for_tokens();

  /// Puts new tokens into the file, under the locks. False where the disk does not take them.
  [[nodiscard]] bool write_down(const ClientLock& locks, const IssuedLogin& issued);

  /// What Claude makes of a login whose refresh was refused.
  void empty_login();

  /// Leaves locks behind, as a killed client does, or one that sleeps: old enough to be taken over.
  void abandon_locks() const;

  /// --- the file, and those who write it without a care ---

  /// What `claude auth login` leaves: this login, and a record of the account.
  void write_new_login(const IssuedLogin& issued);

  [[nodiscard]] std::string refresh_token() const;
  [[nodiscard]] Instant access_token_ends() const;
  [[nodiscard]] std::string file() const;
  void overwrite(const std::string& bytes);
  void cut_short();  ///< in place, which needs no room on the disk
  void delete_file();

 private:
  [[nodiscard]] CredentialsFile credentials() const;
  [[nodiscard]] bool write_tokens(const IssuedLogin& issued);

  UserId user_;
  Paths paths_;
  TokenEndpoint& endpoint_;
  const Clock& clock_;
  std::string lock_record_;
};

}  // namespace claude_auth::testing
