#include "vault/mint.h"

#include <utility>

#include "base/errors.h"
#include "base/json.h"
#include "vault/token.h"

namespace claude_auth {
namespace {

constexpr std::string_view kMinting = "minting a token";
constexpr std::string_view kRevoking = "revoking a token by its accessor";

std::string mint_body(const MintRequest& request) {
  const Json body = new_object();
  set_string(body.get(), "display_name", request.display_name);
  if (request.role.empty()) {
    set_string(body.get(), "period", std::to_string(request.period.count()) + "s");
  }
  Json policies(json_array());
  json_array_append_new(policies.get(), json_stringn(request.policy.data(), request.policy.size()));
  json_object_set_new(body.get(), "policies", policies.release());
  return dump(body.get());
}

std::string accessor_body(std::string_view accessor) {
  const Json body = new_object();
  set_string(body.get(), "accessor", accessor);
  return dump(body.get());
}

/// OpenBao and Vault, vault/token_store.go: an accessor that leads to no token. A caller who may
/// not ask gets 403 instead.
bool says_unknown_accessor(const HttpReply& reply) {
  return reply.status == 400 && has_error(reply, "invalid accessor");
}

/// Warnings are for people: what cannot be read of them does not undo a token.
std::vector<std::string> warnings_in(const json_t* body) {
  std::vector<std::string> warnings =
      strings_member(body, "warnings").value_or(std::vector<std::string>{});
  for (std::string& warning : warnings) warning = printable(warning);
  return warnings;
}

}  // namespace

std::expected<MintRequest, StoreError> mint_request_for(const VaultSettings& settings,
                                                        const std::string& user,
                                                        const std::string& role) {
  constexpr std::string_view kVaultsOwn = "token-";
  std::string name = expand_user(settings.token_display_name, user);
  if (!name.starts_with(kVaultsOwn) || name.size() == kVaultsOwn.size()) {
    return std::unexpected(
        misconfigured("token_display_name has to begin with \"token-\": every token's name does"));
  }
  name.erase(0, kVaultsOwn.size());
  return MintRequest{.display_name = std::move(name),
                     .policy = expand_user(settings.token_policy, user),
                     .role = role};
}

std::expected<MintedToken, StoreError> mint_token(VaultApi& api, const MintRequest& request,
                                                  Deadline deadline) {
  const std::string path =
      request.role.empty() ? "auth/token/create-orphan" : "auth/token/create/" + request.role;
  const auto reply = api.post_once(path, mint_body(request), deadline);
  if (!reply) return std::unexpected(reply.error());
  return minted_token_in(*reply);
}

std::expected<MintedToken, StoreError> minted_token_in(const HttpReply& reply) {
  if (reply.status != 200) return std::unexpected(refusal(reply, kMinting));
  const auto body = body_object(reply, kMinting);
  if (!body) return std::unexpected(body.error());
  const json_t* const auth = json_object_get(body->get(), "auth");
  const auto token = string_member(auth, "client_token");
  const auto accessor = string_member(auth, "accessor");
  const auto ttl = server_duration(integer_member(auth, "lease_duration"));
  auto policies = strings_member(auth, "policies");
  if (!token || !accessor || !ttl || !policies || usable_token(*token) != *token) {
    return std::unexpected(garbled(kMinting, "the answer has no token"));
  }
  if (accessor->empty()) {
    return std::unexpected(
        misconfigured(std::string(kMinting) +
                      ": it has no accessor and cannot be renewed; let the token role "
                      "make tokens of type \"service\", not \"batch\""));
  }
  return MintedToken{.token = Secret::copy_of(*token),
                     .accessor = std::string(*accessor),
                     .policies = std::move(*policies),
                     .ttl = *ttl,
                     .renewable = json_is_true(json_object_get(auth, "renewable")),
                     .orphan = json_is_true(json_object_get(auth, "orphan")),
                     .warnings = warnings_in(body->get())};
}

std::expected<std::optional<TokenFacts>, StoreError> look_up_accessor(VaultApi& api,
                                                                      std::string_view accessor,
                                                                      Deadline deadline) {
  const auto reply = api.post("auth/token/lookup-accessor", accessor_body(accessor), deadline);
  if (!reply) return std::unexpected(reply.error());
  return accessor_facts_in(*reply);
}

std::expected<std::optional<TokenFacts>, StoreError> accessor_facts_in(const HttpReply& reply) {
  if (says_unknown_accessor(reply)) return std::nullopt;
  return token_facts_in(reply);
}

std::expected<void, StoreError> revoke_accessor(VaultApi& api, std::string_view accessor,
                                                Deadline deadline) {
  const auto reply = api.post("auth/token/revoke-accessor", accessor_body(accessor), deadline);
  if (!reply) return std::unexpected(reply.error());
  return revoked_in(*reply);
}

std::expected<void, StoreError> revoked_in(const HttpReply& reply) {
  if (reply.status == 204 || says_unknown_accessor(reply)) return {};
  if (reply.status != 200) return std::unexpected(refusal(reply, kRevoking));
  // OpenBao says with a warning that it knows no such accessor.
  if (auto body = body_object(reply, kRevoking); !body) return std::unexpected(body.error());
  return {};
}

}  // namespace claude_auth
