// The end-to-end tests' syslog: `serve SOCKET FILE` appends every datagram to FILE as one line and
// says "listening" when it does; `sync SOCKET` returns once all that was sent before is in FILE.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace claude_auth {
namespace {

constexpr std::string_view kSync = "sync";

sockaddr_un address_of(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int fail(const char* what) {
  std::perror(what);
  return 1;
}

int serve(const char* socket_path, const char* file_path) {
  const UniqueFd socket_fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const sockaddr_un address = address_of(socket_path);
  if (bind(socket_fd.get(), generic(address), sizeof address) != 0) return fail("bind");
  if (chmod(socket_path, 0666) != 0) return fail("chmod");
  const UniqueFd file{open(file_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (!file) return fail("open");
  std::puts("listening");
  std::fflush(stdout);

  std::array<char, 16'384> datagram;
  for (;;) {
    sockaddr_un sender{};
    socklen_t sender_length = sizeof sender;
    const ssize_t length = recvfrom(socket_fd.get(), datagram.data(), datagram.size(), 0,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_length);
    if (length < 0) return fail("recvfrom");
    std::string line{datagram.data(), static_cast<std::size_t>(length)};
    if (line == kSync) {
      // Datagrams arrive in order, so all that was sent before is written by now.
      sendto(socket_fd.get(), kSync.data(), kSync.size(), 0, generic(sender), sender_length);
      continue;
    }
    while (!line.empty() && (line.back() == '\0' || line.back() == '\n')) line.pop_back();
    line += '\n';
    if (write(file.get(), line.data(), line.size()) < 0) return fail("write");
  }
}

int sync_with(const char* socket_path) {
  const UniqueFd socket_fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  // An address of its own by autobind, for the answer to come to.
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  if (bind(socket_fd.get(), generic(own), sizeof own.sun_family) != 0) return fail("bind");
  const sockaddr_un collector = address_of(socket_path);
  if (sendto(socket_fd.get(), kSync.data(), kSync.size(), 0, generic(collector), sizeof collector) <
      0) {
    return fail("sendto");
  }
  std::array<char, 16> answer;
  if (recv(socket_fd.get(), answer.data(), answer.size(), 0) < 0) return fail("recv");
  return 0;
}

}  // namespace
}  // namespace claude_auth

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view{argv[1]} == "serve")
    return claude_auth::serve(argv[2], argv[3]);
  if (argc == 3 && std::string_view{argv[1]} == "sync") return claude_auth::sync_with(argv[2]);
  std::fputs("usage: syslog-collector serve SOCKET FILE | sync SOCKET\n", stderr);
  return 2;
}
