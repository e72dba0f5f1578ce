#include "vault_double.h"

#include <chrono>
#include <optional>

namespace claude_auth::testing {
namespace {

bool is_write(const ApiRequest& request) {
  return request.method == "POST" || request.method == "PUT";
}

/// What is left of `path` after `prefix`, or nothing.
std::optional<std::string> below(const std::string& path, const std::string& prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

Json body_of(const ApiRequest& request) {
  auto body = parse_object(request.body);
  return body ? std::move(*body) : new_object();
}

Answer unsupported_path() {
  return error_answer(404, {"1 error occurred:\n\t* unsupported path\n\n"});
}

Answer unsupported_operation() {
  return error_answer(405, {"1 error occurred:\n\t* unsupported operation\n\n"});
}

Answer no_route(const std::string& path) {
  return error_answer(404, {"no handler for route \"" + path + "\". route entry not found."});
}

Answer health(bool sealed) {
  const Json object = new_object();
  set_flag(object.get(), "initialized", true);
  set_flag(object.get(), "sealed", sealed);
  set_flag(object.get(), "standby", false);
  return {sealed ? 503U : 200U, dump(object.get()), {}};
}

Answer seal_status(bool sealed) {
  const Json object = new_object();
  set_string(object.get(), "type", "shamir");
  set_flag(object.get(), "initialized", true);
  set_flag(object.get(), "sealed", sealed);
  return {200, dump(object.get()), {}};
}

}  // namespace

VaultDouble::VaultDouble(const std::string& root_token) : tokens_(root_token) {
  mounts_["secret/"];
}

Answer VaultDouble::handle(const ApiRequest& request) {
  if (request.path == "sys/health") return health(sealed_);
  if (request.path == "sys/seal-status") return seal_status(sealed_);
  if (request.path == "sys/unseal" && is_write(request)) {
    sealed_ = false;
    return seal_status(sealed_);
  }
  if (sealed_) return error_answer(503, {"Vault is sealed"});
  if (!tokens_.knows(request.token)) return error_answer(403, {"permission denied"});
  if (request.path.starts_with("sys/")) return handle_sys(request);
  if (request.path.starts_with("auth/token/")) return handle_token(request);
  for (auto& [mount, engine] : mounts_) {
    if (request.path.starts_with(mount)) return handle_data(request, mount, engine);
  }
  for (auto& [mount, engine] : old_mounts_) {
    if (request.path.starts_with(mount)) return handle_version_1(request, mount, engine);
  }
  return allowed(request, true) ? no_route(request.path) : not_allowed();
}

bool VaultDouble::allowed(const ApiRequest& request, bool exists) const {
  std::string capability = "read";
  if (is_write(request)) capability = exists ? "update" : "create";
  if (request.method == "DELETE") capability = "delete";
  if (request.method == "PATCH") capability = "patch";
  return tokens_.allows(request.token, request.path, capability);
}

Answer VaultDouble::handle_data(const ApiRequest& request, const std::string& mount,
                                KvEngine& engine) {
  const Json body = body_of(request);
  if (const auto path = below(request.path, mount + "data/")) {
    if (!allowed(request, engine.has(*path))) return not_allowed();
    if (request.method == "GET") {
      const auto version = request.query.find("version");
      return engine.read(*path, version == request.query.end() ? 0 : std::stoull(version->second));
    }
    if (is_write(request)) return engine.write(*path, body.get());
    if (request.method == "DELETE") return engine.soft_delete(*path);
    return unsupported_operation();
  }
  if (const auto path = below(request.path, mount + "metadata/")) {
    if (!allowed(request, engine.has(*path))) return not_allowed();
    if (request.method == "GET") return engine.read_metadata(*path);
    if (is_write(request)) return engine.write_metadata(*path, body.get());
    if (request.method == "DELETE") return engine.delete_metadata(*path);
    return unsupported_operation();
  }
  if (!allowed(request, true)) return not_allowed();
  if (const auto path = below(request.path, mount + "delete/"); path && is_write(request)) {
    return engine.soft_delete_versions(*path, body.get());
  }
  return unsupported_path();
}

Answer VaultDouble::handle_version_1(const ApiRequest& request, const std::string& mount,
                                     KvVersion1& engine) {
  if (!allowed(request, true)) return not_allowed();
  const std::string path = request.path.substr(mount.size());
  if (request.method == "GET") return engine.read(path);
  if (is_write(request)) return engine.write(path, body_of(request).get());
  return unsupported_operation();
}

Answer VaultDouble::handle_token(const ApiRequest& request) {
  if (!allowed(request, true)) return not_allowed();
  const std::string call = request.path.substr(std::string("auth/token/").size());
  if (request.method == "GET" && call == "lookup-self") return tokens_.look_up(request.token);
  if (!is_write(request)) return unsupported_operation();
  const Json body = body_of(request);
  if (call == "renew-self") return tokens_.renew(request.token);
  if (call == "revoke-self") return tokens_.revoke(request.token);
  if (call == "create" || call == "create-orphan") {
    return tokens_.create(request.path, body.get());
  }
  if (call == "lookup-accessor") return tokens_.look_up_accessor(body.get());
  if (call == "revoke-accessor") return tokens_.revoke_accessor(body.get());
  return unsupported_path();
}

Answer VaultDouble::handle_sys(const ApiRequest& request) {
  if (const auto path = below(request.path, "sys/internal/ui/mounts/")) {
    return mount_facts(request, *path);
  }
  if (!allowed(request, true)) return not_allowed();
  if (request.path == "sys/seal" && is_write(request)) {
    sealed_ = true;
    return no_content();
  }
  if (request.path == "sys/policies/acl") return tokens_.list_policies();
  if (const auto name = below(request.path, "sys/policies/acl/")) {
    return handle_policy(request, *name);
  }
  if (const auto name = below(request.path, "sys/mounts/"); name && is_write(request)) {
    return new_mount(request, *name);
  }
  if (const auto seconds = below(request.path, "sys/double/advance/")) {
    tokens_.advance(std::chrono::seconds(std::stoll(*seconds)));
    return no_content();
  }
  return unsupported_path();
}

Answer VaultDouble::handle_policy(const ApiRequest& request, const std::string& name) {
  if (request.method == "GET") return tokens_.read_policy(name);
  if (is_write(request)) return tokens_.write_policy(name, body_of(request).get());
  if (request.method == "DELETE") return tokens_.delete_policy(name);
  return unsupported_operation();
}

Answer VaultDouble::mount_facts(const ApiRequest& request, const std::string& path) const {
  std::string mount;
  std::string version;
  for (const auto& [name, engine] : mounts_) {
    if ((path + "/").starts_with(name)) mount = name, version = "2";
  }
  for (const auto& [name, engine] : old_mounts_) {
    if ((path + "/").starts_with(name)) mount = name, version = "1";
  }
  if (mount.empty() || !tokens_.reaches_mount(request.token, mount)) {
    return error_answer(403, {"preflight capability check returned 403, please ensure client's "
                              "policies grant access to path \"" +
                              path + "/\""});
  }
  Json options = new_object();
  set_string(options.get(), "version", version);
  Json data = new_object();
  set_string(data.get(), "path", mount);
  set_string(data.get(), "type", "kv");
  set_member(data.get(), "options", std::move(options));
  return envelope(200, std::move(data));
}

Answer VaultDouble::new_mount(const ApiRequest& request, const std::string& name) {
  const Json body = body_of(request);
  const auto version = string_member(json_object_get(body.get(), "options"), "version");
  if (version == "2") {
    mounts_[name + "/"];
  } else {
    old_mounts_[name + "/"];
  }
  return no_content();
}

}  // namespace claude_auth::testing
