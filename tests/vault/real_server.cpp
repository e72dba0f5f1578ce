#include "real_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace claude_auth::testing {
namespace {

std::string free_port() {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (!probe || ::bind(probe.get(), general, length) != 0 ||
      ::getsockname(probe.get(), general, &length) != 0) {
    std::abort();
  }
  return std::to_string(ntohs(address.sin_port));
}

/// Reads until `sign` was printed; everything read so far at the end of the file.
std::string read_until(int fd, std::string_view sign, bool& seen) {
  std::string text;
  std::array<char, 4096> bytes{};
  while (!(seen = text.find(sign) != std::string::npos)) {
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

std::optional<std::string> find_server_program() {
  const auto runs = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  const char* const named = std::getenv("VAULT_BIN");
  if (named != nullptr && *named == '/' && runs(named)) return named;
  const char* const path = std::getenv("PATH");
  std::string rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string directory = rest.substr(0, colon);
    rest.erase(0, colon + 1);
    for (const char* name : {"/bao", "/vault"}) {
      if (directory.starts_with('/') && runs(directory + name)) return directory + name;
    }
  }
  return std::nullopt;
}

RealServer::RealServer(const std::string& program) {
  const std::string listen = "127.0.0.1:" + free_port();
  address_ = "http://" + listen;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  output_ = UniqueFd(ends[0]);
  UniqueFd theirs(ends[1]);
  Command command{program,
                  {program, "server", "-dev", "-dev-root-token-id=" + root_token(),
                   "-dev-no-store-token", "-dev-listen-address=" + listen},
                  {"HOME=" + home_.path(), "PATH=/usr/bin:/bin"},
                  home_.path(),
                  {}};
  auto child = Child::start(std::move(command), theirs.get(), theirs.get());
  theirs.reset();
  if (!child) std::abort();
  child_.emplace(std::move(*child));
  bool started = false;
  const std::string said = read_until(output_.get(), "Root Token:", started);
  if (!started) {
    std::fprintf(stderr, "%s\n", said.c_str());
    std::exit(1);
  }
  drain_ = std::jthread([fd = output_.get()] {
    std::array<char, 4096> bytes{};
    while (::read(fd, bytes.data(), bytes.size()) > 0) continue;
  });
}

RealServer::~RealServer() {
  // Its end closes the pipe, which ends the thread.
  if (child_) child_->stop(std::chrono::seconds(5));
}

}  // namespace claude_auth::testing
