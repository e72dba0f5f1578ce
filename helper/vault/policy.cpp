#include "vault/policy.h"

#include <algorithm>

#include "base/json.h"
#include "vault/kv.h"

namespace claude_auth {
namespace {

std::string policy_path(std::string_view name) {
  return "sys/policies/acl/" + std::string(name);
}

std::string rule(const std::string& path, std::string_view capabilities) {
  return "path \"" + path + "\" {\n  capabilities = [" + std::string(capabilities) + "]\n}\n";
}

}  // namespace

bool literal_in_policy(std::string_view text) {
  constexpr std::string_view kSpecial = "*+{}\"\\";
  return !text.empty() && std::ranges::all_of(text, [=](char c) {
    return c >= ' ' && c <= '~' && !kSpecial.contains(c);
  });
}

std::string user_policy(const VaultSettings& settings, const std::string& user) {
  const std::string mount = slashes_trimmed(settings.mount);
  const std::string path = slashes_trimmed(expand_user(settings.path, user));
  return rule(mount + "/data/" + path, R"("create", "read", "update")") +
         rule(mount + "/metadata/" + path, R"("read")") +
         rule("auth/token/lookup-self", R"("read")") + rule("auth/token/renew-self", R"("update")");
}

std::expected<std::optional<std::string>, StoreError> read_policy(VaultApi& api,
                                                                  std::string_view name,
                                                                  Deadline deadline) {
  const auto reply = api.get(policy_path(name), deadline);
  if (!reply) return std::unexpected(reply.error());
  return policy_in(*reply, name);
}

std::expected<void, StoreError> write_policy(VaultApi& api, std::string_view name,
                                             std::string_view text, Deadline deadline) {
  const Json body = new_object();
  set_string(body.get(), "policy", text);
  const auto reply = api.post(policy_path(name), dump(body.get()), deadline);
  if (!reply) return std::unexpected(reply.error());
  return policy_written_in(*reply, name);
}

std::expected<std::optional<std::string>, StoreError> policy_in(const HttpReply& reply,
                                                                std::string_view name) {
  const std::string call = "reading the policy " + std::string(name);
  if (says_absent(reply)) return std::nullopt;
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  const auto body = body_object(reply, call);
  if (!body) return std::unexpected(body.error());
  const auto text = string_member(json_object_get(body->get(), "data"), "policy");
  if (!text) return std::unexpected(garbled(call, "the answer has no policy"));
  return std::string(*text);
}

std::expected<void, StoreError> policy_written_in(const HttpReply& reply, std::string_view name) {
  const std::string call = "writing the policy " + std::string(name);
  if (reply.status == 204) return {};
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  if (auto body = body_object(reply, call); !body) return std::unexpected(body.error());
  return {};
}

}  // namespace claude_auth
