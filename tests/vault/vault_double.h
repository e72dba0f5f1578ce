// A stand-in for a Vault or OpenBao server: the part of its API that this project uses, kept true
// by the conformance suite, which runs against real servers as well.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "answer.h"
#include "kv_engine.h"
#include "token_book.h"

namespace claude_auth::testing {

struct ApiRequest {
  std::string method;
  std::string path;  ///< below /v1/, decoded
  std::string token;
  std::string body;
  std::map<std::string, std::string> query{};

  [[nodiscard]] bool is_write() const { return method == "POST" || method == "PUT"; }
  /// The body; an empty object where it is none.
  [[nodiscard]] Json json() const;
};

/// What is left of `path` after `prefix`, or nothing.
[[nodiscard]] std::optional<std::string> below(const std::string& path, const std::string& prefix);

/// What sys/health calls this node. It answers everything else just the same.
enum class NodeState { active, standby, performance_standby, uninitialized };

/// In memory, unsealed, with KV version 2 at secret/, as a server in dev mode. Root may move its
/// clock (POST sys/double/advance/SECONDS) and make it another node (POST sys/double/node/standby,
/// performance-standby, uninitialized, active). Not thread-safe.
class VaultDouble {
 public:
  explicit VaultDouble(const std::string& root_token);

  [[nodiscard]] Answer handle(const ApiRequest& request);

 private:
  Answer handle_data(const ApiRequest& request, const std::string& mount, KvEngine& engine);
  Answer handle_version_1(const ApiRequest& request, const std::string& mount, KvVersion1& engine);
  Answer handle_token(const ApiRequest& request);
  Answer handle_sys(const ApiRequest& request);
  Answer handle_role(const ApiRequest& request, const std::string& name);
  Answer handle_policy(const ApiRequest& request, const std::string& name);
  Answer handle_mount(const ApiRequest& request, const std::string& name);
  Answer handle_tuning(const ApiRequest& request);
  Answer handle_double(const ApiRequest& request, const std::string& call);
  [[nodiscard]] Answer health() const;
  [[nodiscard]] Answer seal_status() const;
  [[nodiscard]] Json mount_facts(const std::string& mount) const;
  [[nodiscard]] Answer preflight(const ApiRequest& request, const std::string& path) const;
  [[nodiscard]] bool allowed(const ApiRequest& request, bool exists) const;

  TokenBook tokens_;
  std::map<std::string, KvEngine> mounts_;        ///< by name with its slash: "secret/"
  std::map<std::string, KvVersion1> old_mounts_;  ///< version 1
  bool sealed_ = false;
  NodeState node_ = NodeState::active;
};

}  // namespace claude_auth::testing
