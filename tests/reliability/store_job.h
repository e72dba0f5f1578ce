// The jobs that need the store, each in a home where it has something to do: a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crash_home.h"
#include "store_fault.h"

namespace claude_auth::testing {

/// How long a job waits for the store.
struct Patience {
  Millis request;  ///< the configuration's request_timeout
  Millis login;    ///< --timeout
  Millis refresh;  ///< --refresh-timeout
};

/// What a job did, seen from outside.
struct Done {
  Remains before;
  Remains after;
  int exit_status;     ///< -1 where it did not exit
  std::string output;  ///< standard output
  std::string log;     ///< the status lines of this run, without their times
};

struct StoreJob {
  std::string_view name;  ///< for the page and for the command line
  void (*prepare)(const CrashHome& home);
  std::vector<std::string> (*arguments)(const Patience& patience);
  std::string_view input = "";  ///< standard input
  unsigned asks = 0;            ///< of `Asked`
  bool is_login = false;        ///< never tries again, and has a deadline of its own
  Millis (*limit)(const Patience& patience);
  bool (*succeeded)(const Done& done);  ///< all that it is there for
  /// What has to be so although the store failed, besides that nothing changed.
  bool (*unharmed)(const Done& done) = [](const Done&) { return true; };
  std::string_view fails_as;  ///< the word of its last line; empty: it has none
  int fails_with;             ///< exit status
};

[[nodiscard]] const std::vector<StoreJob>& store_jobs();

/// What the job says in the end: its last status line, or the line of its output that tells of
/// trouble.
[[nodiscard]] std::string last_words(const Done& done);

}  // namespace claude_auth::testing
