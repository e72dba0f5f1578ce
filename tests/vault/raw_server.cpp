#include "raw_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace claude_auth::testing {
namespace {

std::string read_request(int connection) {
  std::string text;
  std::array<char, 4096> bytes{};
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection, bytes.data(), bytes.size(), 0);
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

bool send_bytes(int connection, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count =
        ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

RawServer::RawServer(Answer answer)
    : answer_(std::move(answer)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (::bind(listening_.get(), general, length) != 0 || ::listen(listening_.get(), 16) != 0 ||
      ::getsockname(listening_.get(), general, &length) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { serve(); });
}

RawServer::RawServer(std::string bytes)
    : RawServer([bytes = std::move(bytes)](int connection, const std::string&) {
        send_bytes(connection, bytes);
      }) {}

RawServer::~RawServer() {
  // Wakes accept(2), which then fails.
  ::shutdown(listening_.get(), SHUT_RDWR);
}

std::string RawServer::address() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void RawServer::serve() {
  for (;;) {
    const UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) return;
    ++connections_;
    answer_(connection.get(), read_request(connection.get()));
  }
}

}  // namespace claude_auth::testing
