// A world whose users have documents and a claude-auth-sync that reports, for the fleet's status.
#pragma once

#include <string>

#include "admin/admin_setup_token.h"
#include "admin/fleet_status.h"
#include "admin_world.h"
#include "unit/standard_streams.h"
#include "vault/kv.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {

class FleetWorld : public AdminWorld {
 public:
  explicit FleetWorld(const ServerUnderTest& server) : AdminWorld(server) {}

  /// A user with whom all is well: units on, a login with a backup.
  std::string add_well(const std::string& name) {
    std::string user = add(name);
    host.person(user).units = UnitsState::on;
    says(user, honest_report());
    store(user, with_login("account-of-" + user));
    return user;
  }

  /// What the user's own program prints when it is asked for a report.
  void says(const std::string& user, const std::string& text, int exit_status = 0) {
    host.person(user).answers["status --json --local"] = printed(text, exit_status);
    host.person(user).answers["status --json"] = printed(text, exit_status);
  }

  /// His document in Vault.
  void store(const std::string& user, const std::string& fields) {
    static_cast<void>(
        api_post("secret/data/workstation/claude-users/" + user, R"({"data":)" + fields + "}"));
  }

  [[nodiscard]] StoredDocument document_of(const std::string& user) {
    auto given = context();
    auto api = VaultApi::open(config.vault, given.token->clone());
    auto stored = KvStore(*api, "workstation/claude-users/" + user)
                      .read(Deadline::in(std::chrono::seconds(20)));
    if (!stored) fail_msg("%s", stored.error().sentence.c_str());
    return std::move(*stored);
  }

  [[nodiscard]] JobRun status(FleetStatusOptions options = {}) {
    options.roster = roster_path();
    auto given = context();
    return run_job([&] { return fleet_status(given, options); });
  }

  [[nodiscard]] JobRun status_as(FleetStatusOptions::Format format) {
    FleetStatusOptions options;
    options.format = format;
    return status(std::move(options));
  }

  [[nodiscard]] JobRun setup_token(AdminSetupTokenOptions::Action action, const std::string& user,
                                   const std::string& input = "") {
    const AdminSetupTokenOptions options{.roster = roster_path(), .user = user, .action = action};
    auto given = context();
    const test::PipedInput piped(input);
    return run_job([&] { return admin_setup_token(given, options); });
  }

  [[nodiscard]] static std::string with_login(const std::string& account) {
    return R"({"claude_ai_oauth_json":"{\"accessToken\":\"TEST-a\",\"refreshToken\":\"TEST-r\",)"
           R"(\"expiresAt\":1,\"accountUuid\":\")" +
           account + R"(\"}","backed_up_by":"this-host"})";
  }

  [[nodiscard]] static std::string with_setup_token(const std::string& token) {
    return R"({"setup_token":")" + token + R"(","setup_token_stored_at":")" +
           iso8601(Clock().now()) + "\"}";
  }

  [[nodiscard]] static std::string honest_report() {
    return R"({"format":1,"enrolled":true,"login":{"state":"valid"},)"
           R"("setup_token":{"state":"none"},"vault_token":{"state":"present"},)"
           R"("last":{"status":"OK","reason":"login backed up"}})";
  }
};

}  // namespace claude_auth::testing
