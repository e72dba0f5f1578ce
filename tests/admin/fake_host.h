// A host of the test's own: users, their token files and their units, in memory. What
// claude-auth-sync answers there about a Vault token is asked of a real server or of the double.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.h"
#include "base/config.h"

namespace claude_auth::testing {

/// A user, and what lies and runs for him.
struct Person {
  HostUser account;
  UnitsState units = UnitsState::off;
  std::optional<std::string> token;  ///< in his token file
  /// What his claude-auth-sync says, by its arguments ("status --json --local"), in place of what
  /// it would; hostile users set these.
  std::map<std::string, Finished> answers{};
};

class FakeHost : public Host {
 public:
  /// `settings`: the server that `vault-token check` asks, and what a token of a user looks like.
  explicit FakeHost(VaultSettings settings = {}) : settings_(std::move(settings)) {}

  /// A person with a uid of his own.
  Person& add(const std::string& name);
  [[nodiscard]] Person& person(const std::string& name) { return people_.at(name); }
  void forget(const std::string& name) { people_.erase(name); }

  /// From now on tokens and units outlast this process: in this file, for a later `read_back` of
  /// whoever started it.
  void keep_in(const std::string& path);
  void read_back();

  /// What was done to the host, in order: "deliver emo", "remove emo", "enable emo", "disable emo".
  std::vector<std::string> changes;
  /// Called before each of them, with it; may end the process. An answer is an error in its place.
  std::function<std::optional<std::string>(const std::string& change)> on_change;
  /// Called after each of them.
  std::function<void()> on_changed;
  /// How long each run of a user's program was given, in order.
  std::vector<Millis> patience;
  /// This host was not booted by systemd.
  bool has_manager = true;

  std::expected<std::optional<HostUser>, std::string> find(const std::string& name) override;
  std::expected<Finished, std::string> run_as(const HostUser& user,
                                              std::vector<std::string> arguments,
                                              std::string_view input, Deadline deadline) override;
  std::expected<UnitsState, std::string> units(const std::string& user) override;
  std::expected<void, std::string> enable_units(const std::string& user) override;
  std::expected<void, std::string> disable_units(const std::string& user) override;

 private:
  std::optional<std::string> before(const std::string& change);
  void after(const std::string& change);
  std::expected<void, std::string> set_units(const std::string& user, UnitsState units,
                                             const std::string& change);
  [[nodiscard]] std::string check_token(const Person& person, Deadline deadline) const;

  std::mutex patience_lock_;
  VaultSettings settings_;
  std::map<std::string, Person> people_;
  std::string kept_in_;
};

/// What a program printed that ended with `exit_status`.
[[nodiscard]] Finished printed(std::string text, int exit_status = 0);

}  // namespace claude_auth::testing
