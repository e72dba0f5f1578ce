// A real `bao` or `vault` in dev mode on a free loopback port.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/child.h"
#include "base/unique_fd.h"
#include "scratch_directory.h"

namespace claude_auth::testing {

/// The server program that VAULT_BIN names, else `bao` or `vault` in PATH.
[[nodiscard]] std::optional<std::string> find_server_program();

/// In memory, unsealed, KV version 2 at secret/; ended by the destructor.
class RealServer {
 public:
  /// Ends the process with the server's own output where it does not start.
  explicit RealServer(const std::string& program);
  ~RealServer();

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::string root_token() const { return "TEST-root"; }

 private:
  ScratchDirectory home_;
  std::string address_;
  std::optional<Child> child_;
  UniqueFd output_;
  std::jthread drain_;
};

}  // namespace claude_auth::testing
