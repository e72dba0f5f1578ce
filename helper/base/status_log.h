// The status lines of DESIGN rule 12: to sync.log and to syslog, and for a person to stderr.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace claude_auth {

/// The first word of a status line: a contract with alerting.
enum class Status { ok, skip, warn, recovered, fail };

[[nodiscard]] std::string_view word(Status status);

/// Who else than the two logs hears a status line.
enum class Audience {
  log_only,  ///< PAM, services
  person,    ///< a person at a terminal: the line goes to standard error as well
};

/// Writes status lines. sync.log takes "<ISO time> <WORD> <reason>", syslog (identifier
/// claude-auth-sync) "user=USER <WORD> <reason>". Neither may fail a job: a log that cannot be
/// written is passed over.
class StatusLog {
 public:
  /// `path`: sync.log. It is made with its directory's first line, rotated to `path`.1 at 1 MiB.
  StatusLog(std::string path, const std::string& user, const Clock& clock, Audience audience);

  /// One line. `reason` is reduced to printable ASCII, so no secret-free text of others can break
  /// out of its line.
  void line(Status status, std::string_view reason);

 private:
  std::string path_;
  std::string user_;
  const Clock& clock_;
  Audience audience_;
};

}  // namespace claude_auth
