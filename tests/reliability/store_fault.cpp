#include "store_fault.h"

#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

using Make = std::function<Front(const Stage&)>;

constexpr char kDocuments[] = "secret/data/";
constexpr char kNoObject[] = "no JSON object";

Make faults(Fault fault) {
  return [fault](const Stage& stage) { return with_faults(stage, {fault}); };
}

Fault always(FaultKind kind, Millis delay = {}) {
  Fault fault;
  fault.kind = kind;
  fault.delay = delay;
  fault.times = -1;
  return fault;
}

/// Of one kind of request.
Fault of(Fault fault, const char* method, const char* path) {
  fault.method = method;
  fault.path = path;
  return fault;
}

Fault times(Fault fault, int count) {
  fault.times = count;
  return fault;
}

Fault answer(unsigned status, std::string body,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
  Fault fault = always(FaultKind::answer);
  fault.answer = {status, std::move(body), std::move(headers)};
  return fault;
}

Fault errors(unsigned status, const std::string& text) {
  return answer(status, R"({"errors":[")" + text + R"("]})");
}

Fault document(const std::string& body) {
  return of(answer(200, body), "GET", kDocuments);
}

Make bytes(std::string text) {
  return [text = std::move(text)](const Stage&) { return with_bytes(text); };
}

std::string ok_with(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// 100 MiB of zeros in 100 KiB.
std::string gzip_bomb() {
  const std::unique_ptr<FILE, decltype(&::pclose)> pipe(
      ::popen("head -c 104857600 /dev/zero | gzip -1", "r"), &::pclose);
  std::string bomb;
  char chunk[4096];
  while (pipe) {
    const std::size_t got = std::fread(chunk, 1, sizeof chunk, pipe.get());
    if (got == 0) break;
    bomb.append(chunk, got);
  }
  return bomb;
}

/// Closes in the middle of the header section, by RST.
void reset_in_header(int connection, const std::string&) {
  send_bytes(connection, "HTTP/1.1 200 OK\r\nContent-Ty");
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// A header line now and then, and no end to them.
void slow_loris(int connection, const std::string&) {
  send_bytes(connection, "HTTP/1.1 200 OK\r\n");
  while (send_bytes(connection, "X-Wait: a little\r\n")) std::this_thread::sleep_for(100ms);
}

Make over(Subject subject) {
  return [subject = std::move(subject)](const Stage& stage) { return over_tls(stage, subject); };
}

Make redirects(unsigned status, Target target) {
  return [=](const Stage& stage) { return redirecting(stage, status, target); };
}

Make conflicts(int count) {
  return [count](const Stage& stage) { return with_other_writers(stage, count); };
}

std::vector<StoreFault> of_the_connection() {
  using enum Comes;
  return {
      {.name = "refused",
       .says = "Couldn't connect",
       .make = [](const Stage&) { return refusing(); }},
      {.name = "black hole",
       .says = "time",
       .make = [](const Stage&) { return black_hole(); },
       .waits = true},
      {.name = "accepts and never answers",
       .says = "time",
       .make = faults(always(FaultKind::hang)),
       .waits = true},
      {.name = "closes without a word", .says = "Empty reply", .make = bytes("")},
      {.name = "reset in the header",
       .says = "reset by peer",
       .make = [](const Stage&) { return with_raw_answers(reset_in_header); }},
      {.name = "reset in mid-body", .says = "closed", .make = faults(always(FaultKind::reset))},
      {.name = "body cut short",
       .says = "bytes remaining",
       .make = bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":")},
      {.name = "slow loris: a header line each 100 ms",
       .says = "time",
       .make = [](const Stage&) { return with_raw_answers(slow_loris); },
       .waits = true},
      {.name = "1 byte a second",
       .says = "time",
       .make = faults(always(FaultKind::trickle, 1s)),
       .waits = true},
      {.name = "name server hangs", .says = "time", .make = hanging_name_server, .waits = true},
      {.name = "name unknown", .says = "resolve host", .make = unknown_name},
      {.name = "IPv6 black hole, IPv4 works",
       .comes = to_its_end,
       .make = [](const Stage& stage) { return ipv6_black_hole(stage, Ipv4::works); }},
      {.name = "IPv6 black hole, no IPv4",
       .says = "time",
       .make = [](const Stage& stage) { return ipv6_black_hole(stage, Ipv4::none); },
       .waits = true},
      {.name = "unix socket", .comes = to_its_end, .make = at_unix_socket},
      {.name = "unix socket of nobody", .says = "Couldn't connect", .make = at_dead_unix_socket},
  };
}

std::vector<StoreFault> of_the_body() {
  using enum Comes;
  return {
      {.name = "truncated JSON", .says = kNoObject, .make = faults(always(FaultKind::truncate))},
      {.name = "wrong type: a document that is a list",
       .disturbs = kDocument,
       .says = "no KV version 2 document",
       .make = faults(document(R"({"data":{"data":[],"metadata":{"version":1}}})"))},
      {.name = "wrong type: a version that is a string",
       .disturbs = kDocument,
       .says = "no KV version 2 document",
       .make = faults(document(R"({"data":{"data":{},"metadata":{"version":"1"}}})"))},
      {.name = "wrong type: a written version that is negative",
       .disturbs = kWrite,
       .says = "no version",
       .make = faults(of(answer(200, R"({"data":{"version":-1}})"), "POST", kDocuments))},
      {.name = "wrong type: a token's policies are a number",
       .disturbs = kWhoIs,
       .says = "does not describe a token",
       .make = faults(of(answer(200, R"({"data":{"accessor":"A","display_name":)"
                                     R"("token-devvm-claude-auth-made-up-user","policies":7,)"
                                     R"("ttl":60}})"),
                         "GET", "auth/token/lookup-self"))},
      {.name = "deep nesting: 100,000 arrays",
       .says = kNoObject,
       .make = faults(answer(200, repeated("[", 100'000) + repeated("]", 100'000)))},
      {.name = "deep nesting: 100,000 objects in the document",
       .disturbs = kDocument,
       .says = kNoObject,
       .make = faults(document(R"({"data":{"data":)" + repeated(R"({"a":)", 100'000) + "1" +
                               repeated("}", 100'000) + R"(,"metadata":{"version":1}}})"))},
      {.name = "100 MiB body", .says = "more than", .make = faults(always(FaultKind::huge))},
      {.name = "100 MiB announced",
       .says = "more than",
       .make = bytes("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{")},
      {.name = "gzip bomb: 100 MiB in 100 KiB",
       .says = kNoObject,
       .make = bytes(ok_with("Content-Encoding: gzip\r\n", gzip_bomb()))},
      {.name = "NUL bytes",
       .says = kNoObject,
       .make = bytes(ok_with("", std::string("{\"data\0\":{}}", 12)))},
      {.name = "duplicate keys",
       .disturbs = kDocument,
       .says = "duplicate key",
       .make = faults(document(R"({"data":{"data":{"a":"1","a":"2"},"metadata":{"version":1}}})"))},
      {.name = "a number that a rewrite would change",
       .disturbs = kDocument,
       .says = "number",
       .make = faults(
           document(R"({"data":{"data":{"n":1.00000000000000000001},"metadata":{"version":1}}})"))},
      {.name = "HTML, status 200",
       .says = kNoObject,
       .make = faults(answer(200, "<html>sign in</html>", {{"Content-Type", "text/html"}}))},
      {.name = "byte order mark", .says = kNoObject, .make = faults(answer(200, "\xEF\xBB\xBF{}"))},
      {.name = "empty body", .says = kNoObject, .make = faults(answer(200, ""))},
      {.name = "wrong content type, right body",
       .comes = to_its_end,
       .make =
           [](const Stage& stage) {
             const auto as_text = [behind = stage.behind](const ApiRequest& request) {
               Answer given = behind(request);
               given.headers.emplace_back("Content-Type", "text/plain; charset=utf-16");
               return given;
             };
             return with_faults({.behind = as_text, .scratch = stage.scratch}, {});
           }},
      {.name = "no HTTP at all", .says = "HTTP/0.9", .make = bytes("SSH-2.0-OpenSSH_9.2\r\n")},
      {.name = "headers without end",
       .says = "more than",
       .make = bytes("HTTP/1.1 200 OK\r\n" +
                     repeated("X-Filler: " + std::string(60, 'x') + "\r\n", 2000) + "\r\n")},
  };
}

std::vector<StoreFault> of_the_status() {
  using enum Comes;
  return {
      {.name = "103, then the answer", .comes = to_its_end, .make = with_early_hints},
      {.name = "103 without end",
       .says = "more than",
       .make = bytes(repeated("HTTP/1.1 103 Early Hints\r\n\r\n", 4000))},
      {.name = "101",
       .says = "Empty reply",
       .make = bytes("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")},
      {.name = "202", .says = "HTTP 202", .make = faults(answer(202, "{}"))},
      {.name = "300", .says = "HTTP 300", .make = faults(answer(300, ""))},
      {.name = "301 to an allowed server",
       .comes = to_its_end,
       .make = redirects(301, Target::allowed)},
      {.name = "307 to an allowed server",
       .comes = to_its_end,
       .make = redirects(307, Target::allowed)},
      {.name = "307 to another server",
       .says = "redirect",
       .make = redirects(307, Target::foreign)},
      {.name = "307 to http", .says = "redirect", .make = redirects(307, Target::unencrypted)},
      {.name = "307 to itself, for ever", .says = "redirect", .make = redirecting_to_itself},
      {.name = "307 to nowhere", .says = "redirect", .make = faults(answer(307, ""))},
      {.name = "304", .says = "HTTP 304", .make = bytes("HTTP/1.1 304 Not Modified\r\n\r\n")},
      {.name = "400", .says = "HTTP 400", .make = faults(errors(400, "no data provided"))},
      {.name = "400: the mount is being upgraded",
       .says = "upgraded",
       .make = faults(errors(400, "Upgrading from non-versioned to versioned data"))},
      {.name = "400 once: the mount is being upgraded",
       .comes = to_a_retry,
       .says = "upgraded",
       .make = faults(times(errors(400, "Upgrading from non-versioned to versioned data"), 1))},
      {.name = "400 to a write: cas is required",
       .disturbs = kWrite,
       .says = "HTTP 400",
       .make = faults(
           of(errors(400, "check-and-set parameter required for this call"), "POST", kDocuments))},
      {.name = "401 of a proxy", .says = "HTTP 401", .make = faults(answer(401, "<html>"))},
      {.name = "403: bad token",
       .says = "permission denied (HTTP 403)",
       .make = faults(errors(403, "permission denied"))},
      {.name = "403 to the document: the policy",
       .disturbs = kDocument,
       .says = "permission denied (HTTP 403)",
       .make = faults(of(errors(403, "permission denied"), "GET", kDocuments))},
      {.name = "403 to a write: a policy to read only",
       .disturbs = kWrite,
       .says = "permission denied (HTTP 403)",
       .make = faults(of(errors(403, "permission denied"), "POST", kDocuments))},
      {.name = "403 to the renewal",
       .disturbs = kRenewal,
       .comes = to_its_end,
       .says = "was not renewed",
       .make = faults(of(errors(403, "permission denied"), "POST", "auth/token/renew-self"))},
      {.name = "404: no such document",
       .disturbs = kDocument,
       .comes = to_an_absence,
       .make = faults(of(answer(404, R"({"errors":[]})"), "GET", kDocuments))},
      {.name = "404: deleted",
       .disturbs = kDocument,
       .comes = to_an_absence,
       .make = faults(of(answer(404, R"({"data":{"data":null,"metadata":{"version":9}}})"), "GET",
                         kDocuments))},
      {.name = "404: no such mount",
       .disturbs = kDocument | kWrite,
       .says = "no such mount",
       .make = faults(of(errors(404, R"(no handler for route \"secret/\".)"), "", kDocuments))},
      {.name = "404 of a proxy", .says = "vault: ", .make = faults(answer(404, "<html>not found"))},
      {.name = "405", .says = "HTTP 405", .make = faults(errors(405, "unsupported operation"))},
      {.name = "412", .says = "behind its cluster", .make = faults(errors(412, "no index"))},
      {.name = "412 once",
       .comes = to_a_retry,
       .says = "behind its cluster",
       .make = faults(times(errors(412, "no index"), 1))},
      {.name = "413 to a write",
       .disturbs = kWrite,
       .says = "HTTP 413",
       .make = faults(of(errors(413, "request body too large"), "POST", kDocuments))},
      {.name = "429, Retry-After: 3600",
       .says = "too many requests",
       .make = faults(answer(429, "", {{"Retry-After", "3600"}}))},
      {.name = "429 once, Retry-After: 1",
       .comes = to_a_retry,
       .says = "too many requests",
       .make = faults(times(answer(429, "", {{"Retry-After", "1"}}), 1))},
      {.name = "472", .says = "sealed", .make = faults(answer(472, ""))},
      {.name = "473", .says = "sealed", .make = faults(answer(473, ""))},
      {.name = "500", .says = "server failed", .make = faults(errors(500, "internal error"))},
      {.name = "500 once",
       .comes = to_a_retry,
       .says = "server failed",
       .make = faults(times(errors(500, "internal error"), 1))},
      {.name = "501", .says = "not initialised", .make = faults(answer(501, "{}"))},
      {.name = "502 of a proxy", .says = "server failed", .make = faults(answer(502, "<html>"))},
      {.name = "503: sealed",
       .says = "Vault is sealed",
       .make = faults(errors(503, "Vault is sealed"))},
      {.name = "504", .says = "server failed", .make = faults(answer(504, ""))},
      {.name = "418", .says = "no answer that Vault gives", .make = faults(answer(418, ""))},
  };
}

std::vector<StoreFault> of_tls() {
  return {
      {.name = "certificate expired",
       .says = "certificate has expired",
       .make = over({.valid_until = -60s})},
      {.name = "certificate for another host",
       .says = "no alternative certificate subject name",
       .make = over({.dns_names = {"other.example"}, .addresses = {}})},
      {.name = "self-signed, or of an authority that nobody named",
       .says = "unable to get local issuer",
       .make = over_tls_of_nobody},
      {.name = "TLS 1.0",
       .says = "protocol",
       .make =
           [](const Stage& stage) {
             return over_old_tls(stage, "NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT");
           }},
      {.name = "a client's certificate asked for", .says = "Empty reply", .make = over_mutual_tls},
      {.name = "TLS where HTTP is expected", .says = "Empty reply", .make = tls_at_http},
      {.name = "HTTP where TLS is expected", .says = "SSL", .make = http_at_https},
      {.name = "clock 2 h slow: a certificate of 1 h ago",
       .says = "not yet valid",
       .make = over({.valid_from = 1h})},
      {.name = "clock 2 h fast: a certificate for 1 h more",
       .says = "certificate has expired",
       .make = over({.valid_until = -1h})},
      {.name = "clock set back by 2 h",
       .comes = Comes::to_its_end,
       .make = over({}),
       .stamps_off = 2h},
      {.name = "clock set forward by 2 h",
       .comes = Comes::to_its_end,
       .make = over({}),
       .stamps_off = -2h},
  };
}

std::vector<StoreFault> of_writes() {
  using enum Comes;
  std::vector<StoreFault> rows;
  for (int count = 1; count <= 5; ++count)
    rows.push_back({.name = "cas conflict, " + std::to_string(count) + " in a row",
                    .disturbs = kWrite,
                    .comes = count < 5 ? to_its_end : to_nothing,
                    .says = count < 5 ? "" : "somebody else wrote it meanwhile",
                    .make = conflicts(count)});
  rows.push_back({.name = "written, reply lost once",
                  .disturbs = kWrite,
                  .comes = to_its_end,
                  .make = faults(times(of(always(FaultKind::lose_reply), "POST", kDocuments), 1))});
  rows.push_back({.name = "written, reply lost each time",
                  .disturbs = kWrite,
                  .comes = to_its_end,
                  .make = faults(of(always(FaultKind::lose_reply), "POST", kDocuments))});
  rows.push_back({.name = "written, reply without end each time",
                  .disturbs = kWrite,
                  .comes = to_its_end,
                  .make = faults(of(always(FaultKind::trickle, 1h), "POST", kDocuments)),
                  .waits = true});
  return rows;
}

}  // namespace

std::vector<StoreFault> store_faults() {
  std::vector<StoreFault> all;
  for (auto* rows : {&of_the_connection, &of_the_body, &of_the_status, &of_tls, &of_writes})
    for (StoreFault& fault : rows()) all.push_back(std::move(fault));
  return all;
}

}  // namespace claude_auth::testing
