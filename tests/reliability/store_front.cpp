#include "store_front.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "temporary_directory.h"
#include "vault/endpoint.h"
#include "vault/http.h"

namespace claude_auth::testing {
namespace {

constexpr char kServerName[] = "vault.example";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// An authority and its file.
std::shared_ptr<CertificateAuthority> authority() {
  static const auto shared = std::make_shared<CertificateAuthority>();
  return shared;
}

std::string trust_in_authority(const Stage& stage) {
  const std::string path = stage.scratch + "/ca.pem";
  test::put(path, authority()->certificate(), 0644);
  return "ca_cert = " + path + "\n";
}

Front front_of(std::shared_ptr<DoubleServer> server, std::string settings = {}) {
  Front front;
  front.address = server->address();
  front.settings = std::move(settings);
  front.parts.push_back(std::move(server));
  return front;
}

std::shared_ptr<DoubleServer> tls_server(const Stage& stage, const Subject& subject = {}) {
  return std::make_shared<DoubleServer>(
      ServerOptions{.tls = authority()->issue(subject), .handler = stage.behind});
}

Fault always(Answer answer) {
  Fault fault;
  fault.times = -1;
  fault.answer = std::move(answer);
  return fault;
}

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

/// A socket at `port` (0: any) of the loopback address of `family`, bound and no more.
UniqueFd bound_socket(int family, int type, std::uint16_t port, std::uint32_t address) {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_addr = in6addr_loopback;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  four.sin_addr.s_addr = htonl(address);
  const bool bound =
      family == AF_INET6
          ? ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&six), sizeof six) == 0
          : ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&four), sizeof four) == 0;
  if (!bound) give_up("bind");
  return fd;
}

struct Name {
  sockaddr_storage address{};
  socklen_t length = sizeof(sockaddr_storage);

  explicit Name(int fd) {
    if (::getsockname(fd, general(), &length) != 0) give_up("getsockname");
  }
  sockaddr* general() { return reinterpret_cast<sockaddr*>(&address); }
  [[nodiscard]] std::string port() const {
    return std::to_string(ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
  }
};

/// Listens, and its queue is full: whoever connects waits for ever.
class DeafPort {
 public:
  DeafPort(int family, std::uint16_t port)
      : listening_(bound_socket(family, SOCK_STREAM, port, INADDR_LOOPBACK)) {
    if (::listen(listening_.get(), 0) != 0) give_up("listen");
    Name name(listening_.get());
    port_ = name.port();
    for (UniqueFd& waiting : queue_) {
      waiting = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(waiting.get(), name.general(), name.length);
    }
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  UniqueFd listening_;
  std::array<UniqueFd, 4> queue_;
  std::string port_;
};

/// How names are found, in the private /etc.
void resolve_by(const std::string& hosts, const std::string& resolver) {
  test::put("/etc/nsswitch.conf", "hosts: files dns\n", 0644);
  test::put("/etc/host.conf", "multi on\n", 0644);
  test::put("/etc/hosts", hosts, 0644);
  test::put("/etc/resolv.conf", resolver, 0644);
}

/// A name that is not the address: for TLS alone, as HTTP is for loopback addresses.
Front named_front(const Stage& stage) {
  Front front = over_tls(stage, {.name = kServerName, .dns_names = {kServerName}});
  front.address = "https://" + std::string(kServerName) + ":" + port_of(front.address);
  return front;
}

/// A request as RawServer hands it on, its body not yet read to the end.
ApiRequest parse(int connection, const std::string& text) {
  ApiRequest request;
  const std::size_t space = text.find(' ');
  request.method = text.substr(0, space);
  request.path = text.substr(space + 1, text.find(' ', space + 1) - space - 1).substr(4);
  const auto header = [&](const std::string& name) {
    const std::size_t at = text.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::string();
    const std::size_t from = at + name.size() + 4;
    return text.substr(from, text.find("\r\n", from) - from);
  };
  request.token = header("X-Vault-Token");
  request.body = text.substr(text.find("\r\n\r\n") + 4);
  const std::string length = header("Content-Length");
  std::array<char, 4096> bytes{};
  while (!length.empty() && request.body.size() < std::stoul(length)) {
    const ssize_t count = ::recv(connection, bytes.data(), bytes.size(), 0);
    if (count <= 0) break;
    request.body.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return request;
}

}  // namespace

Behind behind(const VaultSettings& settings, const std::string& header) {
  const auto http = std::make_shared<HttpConnection>(HttpConnection::prepare(settings).value());
  const Endpoint endpoint = parse_address(settings.address).value();
  return [http, endpoint, header](const ApiRequest& request) {
    HttpRequest passed{.method = request.method == "GET" ? Method::get : Method::post,
                       .endpoint = endpoint,
                       .target = "/v1/" + encode_path(request.path),
                       .headers = {"X-Vault-Token: " + request.token},
                       .body = request.body};
    if (!header.empty()) passed.headers.push_back(header);
    const auto reply = http->exchange(passed, Deadline::in(std::chrono::seconds(5)));
    if (!reply) return error_answer(502, {"the store behind does not answer"});
    Answer answer{static_cast<unsigned>(reply->status), reply->body, {}};
    if (!reply->location.empty()) answer.headers.emplace_back("Location", reply->location);
    return answer;
  };
}

Front with_faults(const Stage& stage, const std::vector<Fault>& faults) {
  auto server = std::make_shared<DoubleServer>(ServerOptions{.handler = stage.behind});
  for (const Fault& fault : faults) server->inject(fault);
  return front_of(std::move(server));
}

Front with_bytes(const std::string& bytes) {
  return with_raw_answers(
      [bytes](int connection, const std::string&) { send_bytes(connection, bytes); });
}

Front with_raw_answers(RawServer::Answer answer) {
  auto server = std::make_shared<RawServer>(std::move(answer));
  Front front;
  front.address = server->address();
  front.parts.push_back(std::move(server));
  return front;
}

Front over_tls(const Stage& stage, const Subject& subject) {
  return front_of(tls_server(stage, subject), trust_in_authority(stage));
}

Front over_tls_of_nobody(const Stage& stage) {
  const std::string path = stage.scratch + "/ca.pem";
  test::put(path, authority()->issue({.name = "somebody else"}).certificate, 0644);
  return front_of(tls_server(stage), "ca_cert = " + path + "\n");
}

Front over_old_tls(const Stage& stage, const std::string& priorities) {
  return front_of(
      std::make_shared<DoubleServer>(ServerOptions{
          .tls = authority()->issue({}), .tls_priorities = priorities, .handler = stage.behind}),
      trust_in_authority(stage));
}

Front over_mutual_tls(const Stage& stage) {
  return front_of(
      std::make_shared<DoubleServer>(ServerOptions{.tls = authority()->issue({}),
                                                   .client_authority = authority()->certificate(),
                                                   .handler = stage.behind}),
      trust_in_authority(stage));
}

Front tls_at_http(const Stage& stage) {
  Front front = over_tls(stage, {});
  front.address.erase(front.address.find('s'), 1);
  return front;
}

Front http_at_https(const Stage& stage) {
  Front front = with_faults(stage, {});
  front.settings = trust_in_authority(stage);
  front.address.insert(4, "s");
  return front;
}

Front redirecting(const Stage& stage, unsigned status, Target target) {
  const auto standby = tls_server(stage);
  const auto active = target == Target::unencrypted
                          ? std::make_shared<DoubleServer>(ServerOptions{.handler = stage.behind})
                          : tls_server(stage);
  // Each request is redirected to where the same would be answered.
  for (const char* path : {"secret/data/workstation/claude-users/made-up-user",
                           "auth/token/lookup-self", "auth/token/renew-self",
                           "sys/internal/ui/mounts/secret/workstation/claude-users/made-up-user"}) {
    Fault fault = always({status, "", {{"Location", active->address() + "/v1/" + path}}});
    fault.path = path;
    standby->inject(fault);
  }
  Front front = front_of(standby, trust_in_authority(stage));
  front.parts.push_back(active);
  if (target != Target::foreign) front.settings += "redirect_hosts = 127.0.0.1\n";
  if (target != Target::allowed)
    front.complaint = [active] {
      return std::string(active->connections() == 0 ? "" : "the other server was asked");
    };
  return front;
}

Front redirecting_to_itself(const Stage& stage) {
  const auto server = tls_server(stage);
  server->inject(always({307, "", {{"Location", server->address() + "/v1/secret/data/x"}}}));
  Front front = front_of(server, trust_in_authority(stage));
  front.complaint = [server] {
    return std::string(server->requests().size() <= 2 ? "" : "it was followed more than once");
  };
  return front;
}

Front refusing() {
  const UniqueFd gone = bound_socket(AF_INET, SOCK_STREAM, 0, INADDR_LOOPBACK);
  return {.address = "http://127.0.0.1:" + Name(gone.get()).port()};
}

Front black_hole() {
  auto port = std::make_shared<DeafPort>(AF_INET, 0);
  return {.address = "http://127.0.0.1:" + port->port(), .parts = {port}};
}

Front ipv6_black_hole(const Stage& stage, Ipv4 and_ipv4) {
  Front front = named_front(stage);
  front.parts.push_back(std::make_shared<DeafPort>(
      AF_INET6, static_cast<std::uint16_t>(std::stoul(port_of(front.address)))));
  std::string hosts = "::1 " + std::string(kServerName) + "\n";
  if (and_ipv4 == Ipv4::works) hosts += "127.0.0.1 " + std::string(kServerName) + "\n";
  resolve_by(hosts, "");
  return front;
}

Front hanging_name_server(const Stage& stage) {
  Front front = named_front(stage);
  constexpr std::uint32_t kSilent = 0x7f000035;  // 127.0.0.53
  front.parts.push_back(std::make_shared<UniqueFd>(bound_socket(AF_INET, SOCK_DGRAM, 53, kSilent)));
  resolve_by("", "nameserver 127.0.0.53\n");
  return front;
}

Front unknown_name(const Stage& stage) {
  Front front = named_front(stage);
  resolve_by("", "");
  return front;
}

Front at_unix_socket(const Stage& stage) {
  return front_of(std::make_shared<DoubleServer>(
      ServerOptions{.unix_socket = stage.scratch + "/agent.sock", .handler = stage.behind}));
}

Front at_dead_unix_socket(const Stage& stage) {
  const std::string path = stage.scratch + "/agent.sock";
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    give_up("bind");
  return {.address = "unix://" + path};
}

Front with_other_writers(const Stage& stage, int times) {
  auto left = std::make_shared<int>(times);
  const auto handler = [behind = stage.behind, left](const ApiRequest& request) {
    if (request.is_write() && request.path.starts_with("secret/data/") && *left > 0) {
      --*left;
      // The same fields once more: a new version.
      ApiRequest other = request;
      other.method = "GET";
      const Json now = parse_object(behind(other).body).value();
      const json_t* const fields = json_object_get(json_object_get(now.get(), "data"), "data");
      other.method = "POST";
      other.body = R"({"data":)" + dump(fields) + "}";
      static_cast<void>(behind(other));
    }
    return behind(request);
  };
  return with_faults({.behind = handler, .scratch = stage.scratch}, {});
}

Front with_early_hints(const Stage& stage) {
  return with_raw_answers([behind = stage.behind](int connection, const std::string& text) {
    const Answer answer = behind(parse(connection, text));
    send_bytes(connection, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 " +
                               std::to_string(answer.status) + " x\r\nConnection: close\r\n" +
                               "Content-Length: " + std::to_string(answer.body.size()) +
                               "\r\n\r\n" + answer.body);
  });
}

}  // namespace claude_auth::testing
