// One host with its admin: users whose names no other test has, a roster of them, records, and a
// Vault server that may be shared with other worlds.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_context.h"
#include "admin/deprovision.h"
#include "admin/provision.h"
#include "conformance.h"
#include "fake_host.h"
#include "store/token_facts.h"
#include "unit/temporary_directory.h"
#include "vault/vault_api.h"

namespace claude_auth::testing {

/// What a job of the admin's said and how it ended.
struct JobRun {
  int exit_status = 0;
  std::string text;  ///< standard output and error

  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] std::string last_line() const;
  /// The line that begins with "USER: "; empty where there is none.
  [[nodiscard]] std::string line_of(const std::string& user) const;
};

/// Runs `job` with its standard output and error kept.
[[nodiscard]] JobRun run_job(const std::function<int()>& job);

class AdminWorld {
 public:
  explicit AdminWorld(const ServerUnderTest& server);

  /// A user of the host whom the roster wants looked after; his name here.
  std::string add(const std::string& name);
  /// As `add` for each.
  std::vector<std::string> add_all(std::initializer_list<const char*> names);
  /// `count` users; the roster is written once.
  void add_many(int count);
  /// `keys`: what the roster says of a user, e.g. "parked: true".
  void list(const std::string& user, const std::string& keys);

  [[nodiscard]] JobRun provision(ProvisionOptions options = {});
  [[nodiscard]] JobRun dry_run();
  /// The bare job, for one of several at once: what it says goes wherever standard output goes.
  [[nodiscard]] int provision_beside();
  [[nodiscard]] JobRun deprovision(const std::string& user, bool purge = false);

  // The server, asked as its root.
  /// The reply's body; fails the test unless the request succeeded.
  Json api_post(const std::string& path, const std::string& body);
  [[nodiscard]] std::optional<std::string> policy_of(const std::string& user);
  /// Whom the token behind an accessor belongs to; nothing where it is dead.
  [[nodiscard]] std::optional<TokenFacts> token_behind(const std::string& accessor);
  /// A token as an admin makes it by hand; `more` begins with a comma.
  [[nodiscard]] std::string mint(const std::string& user, const std::string& more = "");
  /// The accessor of a token that lives.
  [[nodiscard]] std::string accessor_of(const std::string& token);

  /// The token in a user's file, as the server knows it; nothing where there is none that lives.
  [[nodiscard]] std::optional<TokenFacts> token_of(const std::string& user);
  /// Does his file hold a token of his own that lives?
  [[nodiscard]] bool is_provisioned(const std::string& user);

  /// What any other job of the admin's is given.
  [[nodiscard]] AdminContext context();

  [[nodiscard]] std::string roster_path() const { return dir_ / "roster.yaml"; }
  [[nodiscard]] std::string records_dir() const { return dir_ / "records"; }

  Config config;
  FakeHost host;
  std::optional<std::string> admin_token;
  bool is_root = true;

 private:
  std::string add_to_host(const std::string& name);
  void write_roster() const;
  /// Fails the test where what was said holds a token.
  void check_for_secrets(const JobRun& run) const;

  test::TemporaryDirectory dir_;
  Clock clock_;
  std::vector<std::pair<std::string, std::string>> roster_;
  VaultApi api_;
  std::string root_token_;
};

}  // namespace claude_auth::testing
