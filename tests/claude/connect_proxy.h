// An HTTP proxy on loopback that knows only CONNECT, and leads to one server whatever host is
// asked for: how a client that is given HTTPS_PROXY reaches a double without root.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace claude_auth::testing {

/// Runs until destroyed. Thread-safe.
class ConnectProxy {
 public:
  /// Tunnels to `hosts` ("name:port") all end at 127.0.0.1:`target`; others are refused with 403.
  ConnectProxy(std::set<std::string> hosts, unsigned short target);
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  /// "http://127.0.0.1:PORT"
  [[nodiscard]] const std::string& address() const { return address_; }

  /// The hosts that were asked for and refused, in their order.
  [[nodiscard]] std::vector<std::string> refused() const;

 private:
  void accept_all();
  void serve(const UniqueFd& client);

  std::set<std::string> hosts_;
  unsigned short target_;
  std::string address_;
  UniqueFd listening_;
  UniqueFd ending_;  // readable once the proxy ends
  mutable std::mutex mutex_;
  std::vector<std::string> refused_;
  std::vector<std::jthread> tunnels_;
  std::jthread acceptor_;
};

}  // namespace claude_auth::testing
