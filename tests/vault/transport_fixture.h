// What the tests of the transport share: settings, one request, and how its outcome is asserted.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "double_server.h"
#include "scratch_directory.h"
#include "vault/vault_api.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {

using enum StoreErrorKind;

inline constexpr const char* kPath = "secret/data/x";

/// One authority for the server's and the client's certificates, and its file.
struct Tls {
  ScratchDirectory scratch;
  CertificateAuthority authority;
  std::string ca = scratch.file("ca.pem", authority.certificate());
};

inline Tls& tls() {
  static Tls shared;
  return shared;
}

inline VaultSettings settings_for(const std::string& address) {
  VaultSettings settings;
  settings.address = address;
  settings.ca_cert = address.starts_with("https") ? tls().ca : "";
  settings.max_retries = 0;
  return settings;
}

inline std::expected<HttpReply, StoreError> get(const VaultSettings& settings,
                                                Millis patience = std::chrono::seconds(10)) {
  auto api = VaultApi::open(settings, Secret::copy_of("root"));
  if (!api) return std::unexpected(api.error());
  return api->get(kPath, Deadline::in(patience));
}

template <typename Result>
void assert_failed(const Result& result, StoreErrorKind kind) {
  assert_false(result.has_value());
  if (result.error().kind != kind) fail_msg("%s", result.error().sentence.c_str());
}

template <typename Result>
void assert_status(const Result& result, long status) {
  if (!result) fail_msg("%s", result.error().sentence.c_str());
  assert_int_equal(result->status, status);
}

inline DoubleServer secure(const Subject& subject = {}) {
  return DoubleServer({.tls = tls().authority.issue(subject)});
}

inline std::string header(const DoubleServer& server, const char* name) {
  const auto requests = server.requests();
  assert_false(requests.empty());
  const auto found = requests.back().headers.find(name);
  return found != requests.back().headers.end() ? found->second : "";
}

}  // namespace claude_auth::testing
