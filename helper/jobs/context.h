// What every job is given: the user, the paths, the configuration, the time, the log.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/paths.h"
#include "base/status_log.h"
#include "jobs/last_status.h"

namespace claude_auth {

/// One job's surroundings. Jobs take it by reference; nothing in it is global.
struct Context {
  UserId user;
  Paths paths;
  Config config;
  Lookup environment;  ///< what the user's environment may say; nothing under PAM
  const Clock& clock;
  StatusLog log;
  std::vector<std::string> warnings;  ///< said as WARN before the final line, where there is one

  Job job = Job::other;  ///< a job whose lines count says so itself
  /// The hash of the generation that Claude rejected, where the next `report` is about that.
  std::string rejected_login{};
  int recoveries = 0;  ///< RECOVERED lines since the last `report`

  /// Logs a RECOVERED line of a job whose final line is another one.
  void note_recovery(std::string_view story);

  /// Logs a line and keeps it as the user's last status: the final one of a job, or any one of a
  /// job that goes on.
  void report(Status status, std::string_view reason);

  /// Ends a job: the pending warnings, then the one final status line. Returns the exit status.
  [[nodiscard]] int finish(Status status, std::string_view reason);
};

/// Where the user's identity comes from.
enum class Caller {
  pam,     ///< HOME and USER as pam_claude.so set them; no override is honoured
  person,  ///< the password database; the documented overrides are honoured
};

/// Who this process is and where things lie. Error: one sentence.
struct Identity {
  UserId user;
  Paths paths;
  Lookup environment;
};
[[nodiscard]] std::expected<Identity, std::string> identify(Caller caller);

/// Builds the context. A refused configuration is an error: one sentence.
[[nodiscard]] std::expected<Context, std::string> make_context(const Identity& identity,
                                                               const ConfigDirs& dirs,
                                                               const Clock& clock,
                                                               Audience audience);

/// DESIGN, "Enrolled": the scoped token file (vault) or the store directory (local) exists.
[[nodiscard]] bool is_enrolled(const Context& context);

/// `pause` is in force.
[[nodiscard]] bool is_paused(const Paths& paths);

}  // namespace claude_auth
