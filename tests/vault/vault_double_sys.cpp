// The double's sys/: health, seal, policies, mounts, and what tests do to it.
#include <chrono>

#include "vault_double.h"

namespace claude_auth::testing {
namespace {

/// Vault API, "Read health information".
unsigned health_status(bool sealed, NodeState node) {
  if (node == NodeState::uninitialized) return 501;
  if (sealed) return 503;
  if (node == NodeState::standby) return 429;
  return node == NodeState::performance_standby ? 473 : 200;
}

}  // namespace

Answer VaultDouble::health() const {
  const bool initialized = node_ != NodeState::uninitialized;
  const Json object = new_object();
  set_flag(object.get(), "initialized", initialized);
  set_flag(object.get(), "sealed", sealed_ || !initialized);
  set_flag(object.get(), "standby", node_ != NodeState::active || sealed_);
  set_flag(object.get(), "performance_standby", node_ == NodeState::performance_standby);
  set_integer(object.get(), "server_time_utc", tokens_.now());
  set_string(object.get(), "version", "2.0.0-double");
  return {health_status(sealed_, node_), dump(object.get()), {}};
}

Answer VaultDouble::seal_status() const {
  const Json object = new_object();
  set_string(object.get(), "type", "shamir");
  set_flag(object.get(), "initialized", true);
  set_flag(object.get(), "sealed", sealed_);
  return {200, dump(object.get()), {}};
}

Answer VaultDouble::handle_sys(const ApiRequest& request) {
  if (const auto path = below(request.path, "sys/internal/ui/mounts/")) {
    return preflight(request, *path);
  }
  if (!allowed(request, true)) return not_allowed();
  if (request.path == "sys/seal" && request.is_write()) {
    sealed_ = true;
    return no_content();
  }
  if (request.path == "sys/auth/token/tune" || request.path == "sys/mounts/auth/token/tune") {
    return handle_tuning(request);
  }
  if (request.path == "sys/policies/acl") return tokens_.policies().list();
  if (const auto name = below(request.path, "sys/policies/acl/")) {
    return handle_policy(request, *name);
  }
  if (const auto name = below(request.path, "sys/mounts/")) return handle_mount(request, *name);
  if (const auto call = below(request.path, "sys/double/")) return handle_double(request, *call);
  return unsupported_path();
}

Answer VaultDouble::handle_double(const ApiRequest& request, const std::string& call) {
  if (!request.is_write()) return unsupported_operation();
  if (const auto seconds = below(call, "advance/")) {
    tokens_.advance(std::chrono::seconds(std::stoll(*seconds)));
    return no_content();
  }
  static const std::map<std::string, NodeState> kNodes = {
      {"active", NodeState::active},
      {"standby", NodeState::standby},
      {"performance-standby", NodeState::performance_standby},
      {"uninitialized", NodeState::uninitialized}};
  const auto name = below(call, "node/");
  const auto node = name ? kNodes.find(*name) : kNodes.end();
  if (node == kNodes.end()) return unsupported_path();
  node_ = node->second;
  return no_content();
}

Answer VaultDouble::handle_policy(const ApiRequest& request, const std::string& name) {
  PolicyBook& policies = tokens_.policies();
  if (request.method == "GET") return policies.read(name);
  if (request.is_write()) return policies.write(name, request.json().get());
  if (request.method == "DELETE") return policies.remove(name);
  return unsupported_operation();
}

Answer VaultDouble::handle_tuning(const ApiRequest& request) {
  if (request.method == "GET") return tokens_.tuning();
  if (request.is_write()) return tokens_.tune(request.json().get());
  return unsupported_operation();
}

/// Null where `mount` ("secret/") is none.
Json VaultDouble::mount_facts(const std::string& mount) const {
  if (!mounts_.contains(mount) && !old_mounts_.contains(mount)) return nullptr;
  Json options = new_object();
  set_string(options.get(), "version", mounts_.contains(mount) ? "2" : "1");
  Json facts = new_object();
  set_string(facts.get(), "type", "kv");
  set_member(facts.get(), "options", std::move(options));
  return facts;
}

Answer VaultDouble::preflight(const ApiRequest& request, const std::string& path) const {
  std::string mount;
  for (const auto& [name, engine] : mounts_) {
    if ((path + "/").starts_with(name)) mount = name;
  }
  for (const auto& [name, engine] : old_mounts_) {
    if ((path + "/").starts_with(name)) mount = name;
  }
  if (mount.empty() || !tokens_.reaches_mount(request.token, mount)) {
    return error_answer(403, {"preflight capability check returned 403, please ensure client's "
                              "policies grant access to path \"" +
                              path + "/\""});
  }
  Json facts = mount_facts(mount);
  set_string(facts.get(), "path", mount);
  return envelope(200, std::move(facts));
}

Answer VaultDouble::handle_mount(const ApiRequest& request, const std::string& name) {
  const std::string mount = name + "/";
  if (request.method == "GET") {
    Json facts = mount_facts(mount);
    if (!facts) return error_answer(400, {"No secret engine mount at " + mount});
    return envelope(200, std::move(facts));
  }
  if (!request.is_write()) return unsupported_operation();
  const Json body = request.json();
  const auto version = string_member(json_object_get(body.get(), "options"), "version");
  if (version == "2") {
    mounts_[mount];
  } else {
    old_mounts_[mount];
  }
  return no_content();
}

}  // namespace claude_auth::testing
