// One user's home on one host: what Claude does there, what a job of ours does, and what is found
// afterwards. The store is the real local one; nothing outside the temporary home is touched.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "jobs/context.h"
#include "jobs/login.h"
#include "jobs/stamps.h"
#include "store/store.h"
#include "temporary_directory.h"

namespace claude_auth::test {

/// A made-up token of the right shape; another one for each name.
[[nodiscard]] std::string setup_token(const std::string& name);

/// A clock that stands until it is set.
class StandingClock : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return at; }
  Instant at{std::chrono::seconds(1'800'000'000)};
};

/// How a job ended.
struct Ran {
  int exit_status = 0;
  std::string said;                 ///< on the pipe to pam_claude.so
  std::vector<std::string> logged;  ///< lines of sync.log, without their time

  /// The first word of each line: "WARN RECOVERED".
  [[nodiscard]] std::string words() const;
  /// Whether a line holds `text`.
  [[nodiscard]] bool logs(const std::string& text) const;
};

class UserHome {
 public:
  UserHome();

  /// What a new process of ours starts with.
  [[nodiscard]] Context context() const;
  [[nodiscard]] Ran run(const std::function<int(Context&)>& job) const;
  /// A login with deadlines that no machine misses.
  [[nodiscard]] Ran login(LoginDeadlines deadlines = {.refresh = std::chrono::seconds(20),
                                                      .total = std::chrono::seconds(30)}) const;

  // What happens in the home. A generation is named; its tokens are made up from the name.
  void write_login(const std::string& generation, Millis lives = std::chrono::hours(8)) const;
  /// As above with more members of the login, each with a comma in front.
  void write_login_with(const std::string& generation, const std::string& members) const;
  void wipe() const;
  void lose() const;
  void log_out() const;
  /// A log-out's second half.
  void remove_account() const;
  void write_credentials(const std::string& bytes) const;
  /// A valid login, backed up by this host.
  void backed_up(const std::string& generation, Millis lives = std::chrono::hours(8)) const;

  /// Which generation the credentials file holds: its name, "wiped", "none" without a file,
  /// "broken" for anything else.
  [[nodiscard]] std::string generation() const;
  [[nodiscard]] Json credentials() const;

  // The document of the store, which is made where it is missing.
  [[nodiscard]] StoredDocument document() const;
  void set_field(const char* key, const std::string& value) const;
  void drop_field(const char* key) const;
  [[nodiscard]] std::string field(const char* key) const;
  void make_store_empty() const;
  /// The newest version is no JSON any more; `repair_store` takes it away.
  void garble_store() const;
  void repair_store() const;

  [[nodiscard]] Stamps stamps() const;
  void change_stamps(const std::function<void(Stamps&)>& change) const;
  /// The store was asked just now, and answered.
  void be_fresh() const;

  TemporaryDirectory dir;
  StandingClock clock;
  UserId user;
  Paths paths;
  Config config;
  std::map<std::string, std::string> environment;

 private:
  void write_document(const Json& fields, std::uint64_t cas) const;
};

}  // namespace claude_auth::test
