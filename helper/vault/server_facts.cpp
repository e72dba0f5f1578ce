#include "vault/server_facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/errors.h"
#include "base/json.h"
#include "store/token_facts.h"
#include "vault/kv.h"

namespace claude_auth {
namespace {

/// Vault API, "Read health information": active, standby, DR secondary, performance standby, not
/// initialised, sealed.
constexpr std::array kHealthStatuses{200L, 429L, 472L, 473L, 501L, 503L};

/// `data` of a success.
std::expected<Json, StoreError> data_of(const HttpReply& reply, const std::string& call) {
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  const auto body = body_object(reply, call);
  if (!body) return std::unexpected(body.error());
  json_t* const data = json_object_get(body->get(), "data");
  if (!json_is_object(data)) return std::unexpected(garbled(call, "the answer has no data"));
  return Json(json_incref(data));
}

std::optional<std::chrono::seconds> seconds_member(const json_t* object, const char* key) {
  return server_duration(integer_member(object, key));
}

/// A setting of roles under its name of today, or the one of before Vault 1.2.
std::chrono::seconds role_seconds(const json_t* data, const char* name, const char* old_name) {
  const auto seconds = seconds_member(data, name);
  return seconds ? *seconds : seconds_member(data, old_name).value_or(std::chrono::seconds{0});
}

std::string text_member(const json_t* object, const char* key) {
  return printable(string_member(object, key).value_or(""));
}

}  // namespace

std::expected<ServerHealth, StoreError> read_health(VaultApi& api, Deadline deadline) {
  const auto reply = api.get_once("sys/health", deadline);
  if (!reply) return std::unexpected(reply.error());
  return health_in(*reply);
}

std::expected<ServerHealth, StoreError> health_in(const HttpReply& reply) {
  constexpr std::string_view kCall = "asking for the server's health";
  const auto body = parse_object(reply.body);
  const json_t* const initialized = body ? json_object_get(body->get(), "initialized") : nullptr;
  const json_t* const sealed = body ? json_object_get(body->get(), "sealed") : nullptr;
  const bool is_health = std::ranges::find(kHealthStatuses, reply.status) != kHealthStatuses.end();
  if (!is_health || !json_is_boolean(initialized) || !json_is_boolean(sealed)) {
    return std::unexpected(reply.status == 200 ? garbled(kCall, "the answer tells no health")
                                               : refusal(reply, kCall));
  }
  ServerHealth health{.initialized = json_is_true(initialized),
                      .sealed = json_is_true(sealed),
                      .standby = json_is_true(json_object_get(body->get(), "standby")),
                      .version = text_member(body->get(), "version"),
                      .server_time = {},
                      .certificate_end = reply.certificate_end};
  if (const auto time = seconds_member(body->get(), "server_time_utc")) {
    health.server_time = Instant(*time);
  }
  return health;
}

std::expected<std::optional<MountFacts>, StoreError> read_mount(VaultApi& api,
                                                                std::string_view mount,
                                                                Deadline deadline) {
  const std::string name = slashes_trimmed(mount);
  auto reply = api.get("sys/internal/ui/mounts/" + name, deadline);
  // 403 is "no such mount" as well as "not yours to know", even for root.
  if (reply && reply->status == 403) reply = api.get("sys/mounts/" + name, deadline);
  if (!reply) return std::unexpected(reply.error());
  return mount_in(*reply, name);
}

std::expected<std::optional<MountFacts>, StoreError> mount_in(const HttpReply& reply,
                                                              std::string_view mount) {
  if (reply.status == 400 && has_error(reply, "No secret engine mount at")) return std::nullopt;
  const std::string call = "looking up the mount " + std::string(mount);
  const auto data = data_of(reply, call);
  if (!data) return std::unexpected(data.error());
  // sys/internal/ui/mounts answers for a path below a mount, too.
  const auto path = string_member(data->get(), "path");
  if (path && *path != std::string(mount) + "/") return std::nullopt;
  MountFacts facts{text_member(data->get(), "type"),
                   text_member(json_object_get(data->get(), "options"), "version")};
  if (facts.type.empty()) return std::unexpected(garbled(call, "the answer describes no mount"));
  return facts;
}

std::expected<TokenTtls, StoreError> read_token_ttls(VaultApi& api, Deadline deadline) {
  const auto reply = api.get("sys/mounts/auth/token/tune", deadline);
  if (!reply) return std::unexpected(reply.error());
  return token_ttls_in(*reply);
}

std::expected<TokenTtls, StoreError> token_ttls_in(const HttpReply& reply) {
  const std::string call = "reading how long tokens may live";
  const auto data = data_of(reply, call);
  if (!data) return std::unexpected(data.error());
  const auto otherwise = seconds_member(data->get(), "default_lease_ttl");
  const auto maximum = seconds_member(data->get(), "max_lease_ttl");
  if (!otherwise || !maximum) return std::unexpected(garbled(call, "the answer tells no TTLs"));
  return TokenTtls{*otherwise, *maximum};
}

std::expected<std::optional<TokenRoleFacts>, StoreError> read_token_role(VaultApi& api,
                                                                         std::string_view role,
                                                                         Deadline deadline) {
  const auto reply = api.get("auth/token/roles/" + std::string(role), deadline);
  if (!reply) return std::unexpected(reply.error());
  return token_role_in(*reply, role);
}

std::expected<std::optional<TokenRoleFacts>, StoreError> token_role_in(const HttpReply& reply,
                                                                       std::string_view role) {
  if (says_absent(reply)) return std::nullopt;
  const std::string call = "reading the token role " + std::string(role);
  const auto data = data_of(reply, call);
  if (!data) return std::unexpected(data.error());
  auto policies = strings_member(data->get(), "allowed_policies");
  auto globs = strings_member(data->get(), "allowed_policies_glob");
  const json_t* const orphan = json_object_get(data->get(), "orphan");
  const json_t* const renewable = json_object_get(data->get(), "renewable");
  if (!policies || !globs || !json_is_boolean(orphan) || !json_is_boolean(renewable)) {
    return std::unexpected(garbled(call, "the answer describes no token role"));
  }
  return TokenRoleFacts{
      .allowed_policies = std::move(*policies),
      .allowed_policies_glob = std::move(*globs),
      .orphan = json_is_true(orphan),
      .renewable = json_is_true(renewable),
      .period = role_seconds(data->get(), "token_period", "period"),
      .explicit_max_ttl = role_seconds(data->get(), "token_explicit_max_ttl", "explicit_max_ttl")};
}

}  // namespace claude_auth
