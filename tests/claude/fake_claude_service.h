// api.anthropic.com and platform.claude.com on loopback, behind TLS and a proxy, for the real
// client with made-up tokens.
#pragma once

#include <string>
#include <vector>

#include "claude_api.h"
#include "connect_proxy.h"
#include "double_server.h"

namespace claude_auth::testing {

struct ServiceCounters {
  std::uint64_t messages = 0;
  std::uint64_t refreshes = 0;
  std::uint64_t rotations = 0;
  std::uint64_t reuses = 0;
  std::uint64_t refusals = 0;
  std::vector<std::string> tokens_seen{};  ///< by the Messages API
};

/// Runs until destroyed. Thread-safe.
class FakeClaudeService {
 public:
  /// Every access token lives for `lifetime`. The authority's certificate is written to
  /// `authority_file`.
  FakeClaudeService(Millis lifetime, const std::string& authority_file);

  /// What a client needs in its environment to come here: HTTPS_PROXY and NODE_EXTRA_CA_CERTS.
  [[nodiscard]] const std::vector<std::string>& client_environment() const {
    return client_environment_;
  }
  /// The authority's certificate, PEM.
  [[nodiscard]] const std::string& authority() const { return authority_.certificate(); }

  /// "https://127.0.0.1:PORT": for ANTHROPIC_BASE_URL, and for the requests below double/.
  [[nodiscard]] const std::string& address() const { return server_.address(); }

  [[nodiscard]] Json log_in();
  void accept(const std::string& token);
  void revoke(const std::string& token);
  [[nodiscard]] bool is_current(const std::string& refresh_token);
  [[nodiscard]] ServiceCounters counters();

  /// `path`: "messages" or "oauth/token".
  void inject(Fault fault) { server_.inject(std::move(fault)); }
  void clear_faults() { server_.clear_faults(); }

  /// Hosts other than Claude's that a client asked the proxy for.
  [[nodiscard]] std::vector<std::string> foreign_hosts() const { return proxy_.refused(); }

 private:
  Clock clock_;
  std::mutex mutex_;  // of api_
  ClaudeApi api_;
  CertificateAuthority authority_;
  DoubleServer server_;
  ConnectProxy proxy_;
  std::vector<std::string> client_environment_;
};

}  // namespace claude_auth::testing
