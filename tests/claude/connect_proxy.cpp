#include "connect_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "raw_server.h"

namespace claude_auth::testing {
namespace {

constexpr std::size_t kMaxHeader = 16 << 10;

sockaddr_in loopback(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A header section, up to its blank line and not a byte more: what follows belongs to the tunnel.
std::string read_header(int connection) {
  std::string header;
  for (char byte = 0; header.size() < kMaxHeader && !header.ends_with("\r\n\r\n");) {
    if (::recv(connection, &byte, 1, 0) != 1) return {};
    header.push_back(byte);
  }
  return header;
}

/// "host:port" of `CONNECT host:port HTTP/1.1`; empty where it is anything else.
std::string host_of(const std::string& header) {
  constexpr std::string_view kMethod = "CONNECT ";
  if (!header.starts_with(kMethod)) return {};
  return header.substr(kMethod.size(), header.find(' ', kMethod.size()) - kMethod.size());
}

/// Passes on what can be read. False at the end.
bool pass_on(int from, int to) {
  std::array<char, 16 << 10> bytes;
  const ssize_t count = ::recv(from, bytes.data(), bytes.size(), 0);
  return count > 0 && send_bytes(to, std::string(bytes.data(), static_cast<std::size_t>(count)));
}

}  // namespace

ConnectProxy::ConnectProxy(std::set<std::string> hosts, unsigned short target)
    : hosts_(std::move(hosts)),
      target_(target),
      listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      ending_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (!ending_ || ::bind(listening_.get(), general, length) != 0 ||
      ::listen(listening_.get(), 128) != 0 ||
      ::getsockname(listening_.get(), general, &length) != 0) {
    std::abort();
  }
  address_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  acceptor_ = std::jthread([this] { accept_all(); });
}

ConnectProxy::~ConnectProxy() {
  const std::uint64_t one = 1;
  if (::write(ending_.get(), &one, sizeof one) != sizeof one) std::abort();
}

std::vector<std::string> ConnectProxy::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void ConnectProxy::accept_all() {
  for (;;) {
    std::array<pollfd, 2> events{pollfd{listening_.get(), POLLIN, 0},
                                 pollfd{ending_.get(), POLLIN, 0}};
    ::poll(events.data(), events.size(), -1);
    if (events[1].revents != 0) break;
    UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) tunnels_.emplace_back([this, kept = std::move(client)] { serve(kept); });
  }
  tunnels_.clear();
}

void ConnectProxy::serve(const UniqueFd& client) {
  const std::string host = host_of(read_header(client.get()));
  if (!hosts_.contains(host)) {
    const std::lock_guard lock(mutex_);
    refused_.push_back(host);
    send_bytes(client.get(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(target_);
  if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    send_bytes(client.get(), "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  send_bytes(client.get(), "HTTP/1.1 200 Connection established\r\n\r\n");
  for (;;) {
    std::array<pollfd, 3> events{pollfd{client.get(), POLLIN, 0}, pollfd{server.get(), POLLIN, 0},
                                 pollfd{ending_.get(), POLLIN, 0}};
    ::poll(events.data(), events.size(), -1);
    if (events[2].revents != 0) return;
    if (events[0].revents != 0 && !pass_on(client.get(), server.get())) return;
    if (events[1].revents != 0 && !pass_on(server.get(), client.get())) return;
  }
}

}  // namespace claude_auth::testing
