// Three real nodes, `bao` or `vault`, on loopback, over TLS, with raft between them.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/child.h"
#include "certificates.h"
#include "vault/vault_api.h"

namespace claude_auth::testing {

/// Ends the process with a message where the cluster does not do as it should.
class RaftCluster {
 public:
  static constexpr std::size_t kNodes = 3;

  /// In `scratch`: certificates, configurations, data and logs. Initialised, unsealed, a leader
  /// elected, every node a voter, KV version 2 at secret/. The ports are fixed: this machine is a
  /// private one.
  RaftCluster(std::string program, std::string scratch);

  [[nodiscard]] const std::string& root_token() const { return root_token_; }
  /// How to reach a node.
  [[nodiscard]] VaultSettings settings(std::size_t node) const;
  [[nodiscard]] std::size_t leader() const;
  /// One that follows.
  [[nodiscard]] std::size_t standby() const;

  /// KILL.
  void kill(std::size_t node);
  /// Starts it again; it is sealed then.
  void start(std::size_t node);
  void unseal(std::size_t node);
  /// Waits until one node leads and all that run follow.
  void settle() const;
  /// Waits until all that run read the same at `path`: what was written last.
  void level(const std::string& path) const;

 private:
  [[nodiscard]] std::string directory(std::size_t node) const;
  void configure(std::size_t node) const;
  void initialise();
  void wait_for_voters() const;
  [[nodiscard]] Json ask(std::size_t node, const std::string& path) const;
  [[nodiscard]] std::optional<HttpReply> post(std::size_t node, const std::string& path,
                                              const std::string& body) const;
  [[nodiscard]] std::optional<std::size_t> find_leader() const;

  std::string program_;
  std::string scratch_;
  std::string root_token_;
  std::string key_;
  std::array<std::optional<Child>, kNodes> nodes_;
};

}  // namespace claude_auth::testing
