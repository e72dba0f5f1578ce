// A stand-in for a Vault or OpenBao server: the part of its API that this project uses, kept true
// by the conformance suite, which runs against real servers as well.
#pragma once

#include <map>
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
};

/// In memory, unsealed, with KV version 2 at secret/, as a server in dev mode. Not thread-safe.
class VaultDouble {
 public:
  explicit VaultDouble(const std::string& root_token);

  [[nodiscard]] Answer handle(const ApiRequest& request);

 private:
  Answer handle_data(const ApiRequest& request, const std::string& mount, KvEngine& engine);
  Answer handle_version_1(const ApiRequest& request, const std::string& mount, KvVersion1& engine);
  Answer handle_token(const ApiRequest& request);
  Answer handle_sys(const ApiRequest& request);
  Answer handle_policy(const ApiRequest& request, const std::string& name);
  Answer mount_facts(const ApiRequest& request, const std::string& path) const;
  Answer new_mount(const ApiRequest& request, const std::string& name);
  [[nodiscard]] bool allowed(const ApiRequest& request, bool exists) const;

  TokenBook tokens_;
  std::map<std::string, KvEngine> mounts_;        ///< by name with its slash: "secret/"
  std::map<std::string, KvVersion1> old_mounts_;  ///< version 1
  bool sealed_ = false;
};

}  // namespace claude_auth::testing
