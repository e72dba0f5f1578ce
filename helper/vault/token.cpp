#include "vault/token.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace claude_auth {
namespace {

std::optional<TokenFacts> facts_of(const json_t* data) {
  const auto name = string_member(data, "display_name");
  const auto accessor = string_member(data, "accessor");
  const auto ttl = server_duration(integer_member(data, "ttl"));
  auto policies = strings_member(data, "policies");
  auto identity_policies = strings_member(data, "identity_policies");
  if (!name || !accessor || !ttl || !policies || !identity_policies) return std::nullopt;
  TokenFacts facts{std::string(*name),
                   std::move(*policies),
                   std::move(*identity_policies),
                   std::string(*accessor),
                   {},
                   false};
  // A root token that never ends has ttl 0 and a null expire_time.
  const bool ends =
      string_member(data, "expire_time").has_value() || *ttl > std::chrono::seconds{0};
  if (ends) facts.ttl = *ttl;
  facts.renewable = json_is_true(json_object_get(data, "renewable"));
  return facts;
}

}  // namespace

std::expected<TokenFacts, StoreError> look_up_self(VaultApi& api, Deadline deadline) {
  auto reply = api.get("auth/token/lookup-self", deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  return token_facts_in(*reply);
}

std::expected<Renewal, StoreError> renew_self(VaultApi& api, Deadline deadline) {
  auto reply = api.post("auth/token/renew-self", "{}", deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  return renewal_in(*reply);
}

std::expected<TokenFacts, StoreError> token_facts_in(const HttpReply& reply) {
  constexpr std::string_view kCall = "looking up the token";
  if (reply.status != 200) return std::unexpected(refusal(reply, kCall));
  const auto body = body_object(reply, kCall);
  if (!body) return std::unexpected(body.error());
  auto facts = facts_of(json_object_get(body->get(), "data"));
  if (!facts) return std::unexpected(garbled(kCall, "the answer does not describe a token"));
  return std::move(*facts);
}

std::expected<Renewal, StoreError> renewal_in(const HttpReply& reply) {
  constexpr std::string_view kCall = "renewing the token";
  if (reply.status != 200) return std::unexpected(refusal(reply, kCall));
  const auto body = body_object(reply, kCall);
  if (!body) return std::unexpected(body.error());
  const json_t* const auth = json_object_get(body->get(), "auth");
  const auto ttl = server_duration(integer_member(auth, "lease_duration"));
  if (!ttl) return std::unexpected(garbled(kCall, "the answer tells no duration"));
  return Renewal{*ttl, json_is_true(json_object_get(auth, "renewable"))};
}

}  // namespace claude_auth
