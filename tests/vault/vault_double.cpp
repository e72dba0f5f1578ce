#include "vault_double.h"

namespace claude_auth::testing {
namespace {

Answer no_route(const std::string& path) {
  return error_answer(404, {"no handler for route \"" + path + "\". route entry not found."});
}

/// Of the paths that Vault protects by `sudo`, those that are asked for here.
bool needs_sudo(const std::string& path) {
  return path == "sys/seal" || path.starts_with("sys/auth/");
}

}  // namespace

Json ApiRequest::json() const {
  auto object = parse_object(body);
  return object ? std::move(*object) : new_object();
}

std::optional<std::string> below(const std::string& path, const std::string& prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

VaultDouble::VaultDouble(const std::string& root_token) : tokens_(root_token) {
  mounts_["secret/"];
}

Answer VaultDouble::handle(const ApiRequest& request) {
  if (request.path == "sys/health") return health();
  if (request.path == "sys/seal-status") return seal_status();
  if (request.path == "sys/unseal" && request.is_write()) {
    sealed_ = false;
    return seal_status();
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
  if (request.is_write()) capability = exists ? "update" : "create";
  if (request.method == "DELETE") capability = "delete";
  if (request.method == "PATCH") capability = "patch";
  return tokens_.allows(request.token, request.path, capability) &&
         (!needs_sudo(request.path) || tokens_.allows(request.token, request.path, "sudo"));
}

Answer VaultDouble::handle_data(const ApiRequest& request, const std::string& mount,
                                KvEngine& engine) {
  const Json body = request.json();
  if (const auto path = below(request.path, mount + "data/")) {
    if (!allowed(request, engine.has(*path))) return not_allowed();
    if (request.method == "GET") {
      const auto version = request.query.find("version");
      return engine.read(*path, version == request.query.end() ? 0 : std::stoull(version->second));
    }
    if (request.is_write()) return engine.write(*path, body.get());
    if (request.method == "DELETE") return engine.soft_delete(*path);
    return unsupported_operation();
  }
  if (const auto path = below(request.path, mount + "metadata/")) {
    if (!allowed(request, engine.has(*path))) return not_allowed();
    if (request.method == "GET") return engine.read_metadata(*path);
    if (request.is_write()) return engine.write_metadata(*path, body.get());
    if (request.method == "DELETE") return engine.delete_metadata(*path);
    return unsupported_operation();
  }
  if (!allowed(request, true)) return not_allowed();
  if (const auto path = below(request.path, mount + "delete/"); path && request.is_write()) {
    return engine.soft_delete_versions(*path, body.get());
  }
  return unsupported_path();
}

Answer VaultDouble::handle_version_1(const ApiRequest& request, const std::string& mount,
                                     KvVersion1& engine) {
  if (!allowed(request, true)) return not_allowed();
  const std::string path = request.path.substr(mount.size());
  if (request.method == "GET") return engine.read(path);
  if (request.is_write()) return engine.write(path, request.json().get());
  return unsupported_operation();
}

Answer VaultDouble::handle_token(const ApiRequest& request) {
  const std::string call = request.path.substr(std::string("auth/token/").size());
  if (const auto role = below(call, "roles/")) return handle_role(request, *role);
  if (!allowed(request, true)) return not_allowed();
  if (request.method == "GET" && call == "lookup-self") return tokens_.look_up(request.token);
  if (!request.is_write()) return unsupported_operation();
  const Json body = request.json();
  if (call == "renew-self") return tokens_.renew(request.token);
  if (call == "revoke-self") return tokens_.revoke(request.token);
  if (call == "create" || call == "create-orphan" || call.starts_with("create/")) {
    return tokens_.create(request.token, request.path, body.get());
  }
  if (call == "lookup-accessor") return tokens_.look_up_accessor(body.get());
  if (call == "revoke-accessor") return tokens_.revoke_accessor(body.get());
  return unsupported_path();
}

Answer VaultDouble::handle_role(const ApiRequest& request, const std::string& name) {
  if (!allowed(request, tokens_.roles().find(name) != nullptr)) return not_allowed();
  if (request.method == "GET") return tokens_.roles().read(name);
  if (request.is_write()) return tokens_.roles().write(name, request.json().get());
  if (request.method == "DELETE") return tokens_.roles().remove(name);
  return unsupported_operation();
}

}  // namespace claude_auth::testing
