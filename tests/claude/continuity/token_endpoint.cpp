#include "token_endpoint.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>

namespace claude_auth::testing {
namespace {

// A request is a verb and a token; the answer is one of these, or a new login's three values.
constexpr char kYes[] = "yes";
constexpr char kNo[] = "no";
constexpr char kCheck[] = "check";
constexpr char kRefresh[] = "refresh";

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) std::abort();
  path.copy(address.sun_path, path.size());
  return address;
}

std::string receive(int fd) {
  std::array<char, 1024> packet;
  const ssize_t length = ::recv(fd, packet.data(), packet.size(), 0);
  return length > 0 ? std::string(packet.data(), static_cast<std::size_t>(length)) : "";
}

bool send(int fd, const std::string& packet) {
  return ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(packet.size());
}

}  // namespace

TokenService::TokenService(ReuseRule reuse, const Clock& clock, const std::string& socket)
    : clock_(clock), ledger_(reuse), listener_(new_socket()) {
  const sockaddr_un address = address_of(socket);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0)
    std::abort();
  server_ = std::jthread([this] { serve(); });
}

TokenService::~TokenService() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends the accept
}

void TokenService::serve() {
  for (;;) {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) return;
    // Whoever was killed meanwhile gets no answer.
    static_cast<void>(send(client.get(), answer(receive(client.get()))));
  }
}

std::string TokenService::answer(const std::string& request) {
  std::istringstream words(request);
  std::string verb;
  std::string token;
  words >> verb >> token;
  if (verb == kCheck) return accepts(token) ? kYes : kNo;
  if (verb != kRefresh) return kNo;
  const auto issued = refresh(token);
  if (!issued) return kNo;
  return issued->access_token + ' ' + issued->refresh_token + ' ' +
         std::to_string(issued->expires_at.time_since_epoch().count());
}

bool TokenService::accepts(const std::string& access_token) {
  const std::scoped_lock lock(mutex_);
  return ledger_.check(access_token, clock_.now()) == AccessVerdict::accepted;
}

std::optional<IssuedLogin> TokenService::refresh(const std::string& refresh_token) {
  const std::scoped_lock lock(mutex_);
  return ledger_.refresh(refresh_token, kAccessLifetime, clock_.now());
}

IssuedLogin TokenService::log_in() {
  const std::scoped_lock lock(mutex_);
  return ledger_.log_in(kAccessLifetime, clock_.now());
}

bool TokenService::is_current(const std::string& refresh_token) {
  const std::scoped_lock lock(mutex_);
  return ledger_.is_current(refresh_token);
}

bool DistantEndpoint::accepts(const std::string& access_token) {
  return ask(std::string(kCheck) + ' ' + access_token) == kYes;
}

std::optional<IssuedLogin> DistantEndpoint::refresh(const std::string& refresh_token) {
  std::istringstream words(ask(std::string(kRefresh) + ' ' + refresh_token));
  IssuedLogin issued;
  Millis::rep expires_at_ms = 0;
  if (!(words >> issued.access_token >> issued.refresh_token >> expires_at_ms)) return std::nullopt;
  issued.expires_at = Instant(Millis(expires_at_ms));
  return issued;
}

std::string DistantEndpoint::ask(const std::string& request) const {
  const UniqueFd service = new_socket();
  const sockaddr_un address = address_of(socket_);
  if (::connect(service.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      !send(service.get(), request))
    std::abort();
  std::string answer = receive(service.get());
  if (answer.empty()) std::abort();
  return answer;
}

}  // namespace claude_auth::testing
