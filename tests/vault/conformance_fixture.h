// What the conformance cases share: the server, its root's hands, and how outcomes are asserted.
#pragma once

#include <string>
#include <utility>

#include "conformance.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/vault_api.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {

inline const ServerUnderTest* under_test = nullptr;

inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

inline VaultSettings settings_for(const std::string& mount) {
  VaultSettings settings;
  settings.address = under_test->address;
  settings.ca_cert = under_test->ca_cert;
  settings.mount = mount;
  settings.max_retries = 3;
  return settings;
}

inline Secret secret(const std::string& text) {
  return Secret::copy_of(text);
}

/// What an admin does to the server, as its root.
class Admin {
 public:
  Admin() : api_(VaultApi::open(settings_for("secret"), secret(under_test->root_token)).value()) {}

  [[nodiscard]] VaultApi& api() { return api_; }

  void post(const std::string& path, const std::string& body) {
    const auto reply = api_.post(path, body, soon());
    assert_true(reply.has_value());
    assert_in_range(reply->status, 200, 204);
  }

  /// A token as provisioning makes it: scoped to one user's document.
  Secret mint(const std::string& user, const std::string& more = R"("period":"768h")") {
    post("sys/policies/acl/workstation-claude-" + user,
         R"({"policy":"path \"secret/data/workstation/claude-users/)" + user +
             R"(\" { capabilities = [\"create\", \"read\", \"update\"] }"})");
    return token(R"({"display_name":"devvm-claude-auth-)" + user +
                 R"(","policies":["workstation-claude-)" + user + R"("],)" + more + "}");
  }

  Secret token(const std::string& request) {
    const auto reply = api_.post("auth/token/create-orphan", request, soon());
    assert_true(reply.has_value());
    assert_int_equal(reply->status, 200);
    const auto body = parse_object(reply->body);
    const json_t* const auth = json_object_get(body->get(), "auth");
    return Secret::copy_of(string_member(auth, "client_token").value_or(""));
  }

 private:
  VaultApi api_;
};

template <typename Result>
void assert_failed(const Result& result, StoreErrorKind kind) {
  assert_false(result.has_value());
  if (result.error().kind != kind) fail_msg("%s", result.error().sentence.c_str());
}

template <typename Result>
void assert_done(const Result& result) {
  if (!result) fail_msg("%s", result.error().sentence.c_str());
}

inline VaultApi api_as(Secret token) {
  return VaultApi::open(settings_for("secret"), std::move(token)).value();
}

inline std::string rule(const std::string& path, const std::string& capabilities) {
  return "path \"" + path + "\" { capabilities = [" + capabilities + "] }\n";
}

/// Somebody who may do what `policy` says, called after it.
inline VaultApi somebody(const std::string& name, const std::string& policy) {
  Admin root;
  assert_done(write_policy(root.api(), name, policy, soon()));
  return api_as(root.token(R"({"policies":[")" + name + "\"]}"));
}

inline MintRequest request_for(const std::string& user, const std::string& role = "") {
  const auto request = mint_request_for(VaultSettings{}, user, role);
  assert_done(request);
  return *request;
}

inline MintedToken minted(VaultApi& api, const MintRequest& request) {
  auto token = mint_token(api, request, soon());
  assert_done(token);
  return std::move(*token);
}

/// A role that mints what provisioning needs, for policies that begin alike.
inline void make_role(const std::string& name) {
  Admin().post("auth/token/roles/" + name, R"({"orphan":true,"token_period":"768h",)"
                                           R"("allowed_policies_glob":["workstation-claude-*"]})");
}

/// The cases of conformance_tokens.cpp and conformance_admin.cpp that find the server unsealed.
[[nodiscard]] int run_token_cases(const std::string& name);
[[nodiscard]] int run_admin_cases(const std::string& name);
/// Cases of conformance_admin.cpp for a server that is sealed.
void every_call_of_an_admin_says_sealed(void**);
void a_sealed_server_tells_its_health(void**);

}  // namespace claude_auth::testing
