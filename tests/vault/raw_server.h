// A TCP server on loopback that answers each connection with scripted bytes: for what no HTTP
// library would send.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace claude_auth::testing {

/// Serves one connection after the other until destroyed.
class RawServer {
 public:
  /// Called with each connection and the header section of its request; the connection is closed
  /// after it returns.
  using Answer = std::function<void(int connection, const std::string& request)>;

  explicit RawServer(Answer answer);
  /// Sends `bytes` to everybody.
  explicit RawServer(std::string bytes);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string address() const;
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve();

  Answer answer_;
  UniqueFd listening_;
  unsigned short port_ = 0;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

/// Sends all bytes, as long as the other side takes them. False once it does not.
bool send_bytes(int connection, const std::string& bytes);

}  // namespace claude_auth::testing
