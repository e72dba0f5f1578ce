// The way to the server: headers, redirects, retries, and servers that do what none should.
#include <sodium.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <string>

#include "raw_server.h"
#include "transport_fixture.h"

namespace claude_auth::testing {
namespace {

Fault answering(Answer answer) {
  Fault fault;
  fault.answer = std::move(answer);
  return fault;
}

Fault redirecting(unsigned status, const std::string& location) {
  return answering({status, "", {{"Location", location}}});
}

// ---- what is sent

void the_token_and_vaults_headers_are_sent(void**) {
  const DoubleServer server;
  assert_status(get(settings_for(server.address())), 404);
  assert_string_equal(header(server, "x-vault-token").c_str(), "root");
  assert_string_equal(header(server, "x-vault-request").c_str(), "true");
  assert_string_equal(header(server, "accept-encoding").c_str(), "identity");
  assert_string_equal(header(server, "user-agent").c_str(),
                      "claude-auth-store/" CLAUDE_AUTH_VERSION);
}

void the_namespace_is_sent_where_there_is_one(void**) {
  const DoubleServer server;
  VaultSettings settings = settings_for(server.address());
  settings.name_space = "team/a";
  assert_status(get(settings), 404);
  assert_string_equal(header(server, "x-vault-namespace").c_str(), "team/a");
}

void an_address_with_a_prefix_is_asked_below_it(void**) {
  const DoubleServer server;
  static_cast<void>(get(settings_for(server.address() + "/proxy")));
  assert_string_equal(server.requests().back().path.c_str(), "/proxy/v1/secret/data/x");
}

void a_unix_socket_is_an_address(void**) {
  const ScratchDirectory scratch;
  const DoubleServer server({.unix_socket = scratch.path() + "/agent.sock"});
  assert_status(get(settings_for(server.address())), 404);
}

void a_proxy_of_the_environment_is_not_asked(void**) {
  const RawServer proxy(std::string("HTTP/1.1 500 Proxy\r\n\r\n"));
  ::setenv("http_proxy", proxy.address().c_str(), 1);
  ::setenv("all_proxy", proxy.address().c_str(), 1);
  const DoubleServer server;
  const auto reply = get(settings_for(server.address()));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  assert_status(reply, 404);
  assert_int_equal(proxy.connections(), 0);
}

void a_proxy_of_the_settings_gets_no_token(void**) {
  std::promise<std::string> asked;
  const RawServer proxy([&](int connection, const std::string& request) {
    asked.set_value(request);
    send_bytes(connection, "HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  VaultSettings settings = settings_for("https://vault.example:8200");
  settings.proxy_address = proxy.address();
  assert_failed(get(settings), unreachable);
  const std::string request = asked.get_future().get();
  assert_true(request.starts_with("CONNECT vault.example:8200 "));
  assert_true(request.find("X-Vault-Token") == std::string::npos);
}

void requests_of_one_job_share_a_connection(void**) {
  const DoubleServer server;
  auto api = VaultApi::open(settings_for(server.address()), Secret::copy_of("root"));
  for (int i = 0; i < 3; ++i) assert_status(api->get(kPath, Deadline::in(Millis(5000))), 404);
  assert_int_equal(server.connections(), 1);
}

// ---- redirects

void a_redirect_is_followed_once_with_method_and_body(void**) {
  DoubleServer standby = secure();
  const DoubleServer active = secure();
  for (const unsigned status : {301U, 302U, 307U, 308U}) {
    standby.inject(redirecting(status, active.address() + "/v1/secret/data/x"));
    VaultSettings settings = settings_for(standby.address());
    settings.redirect_hosts = {"127.0.0.1"};
    auto api = VaultApi::open(settings, Secret::copy_of("root"));
    assert_status(api->post(kPath, R"({"data":{}})", Deadline::in(Millis(5000))), 200);
    assert_string_equal(active.requests().back().method.c_str(), "POST");
  }
}

void a_foreign_host_never_sees_the_token(void**) {
  DoubleServer standby = secure();
  const DoubleServer foreign = secure();
  standby.inject(redirecting(307, foreign.address() + "/v1/secret/data/x"));
  assert_failed(get(settings_for(standby.address())), misconfigured);
  assert_int_equal(foreign.connections(), 0);
}

void a_redirect_to_http_is_refused(void**) {
  DoubleServer standby = secure();
  const DoubleServer plain;
  standby.inject(redirecting(307, plain.address() + "/v1/secret/data/x"));
  VaultSettings settings = settings_for(standby.address());
  settings.redirect_hosts = {"127.0.0.1"};
  assert_failed(get(settings), misconfigured);
  assert_int_equal(plain.connections(), 0);
}

void a_loop_of_redirects_ends_after_one(void**) {
  DoubleServer server = secure();
  Fault loop = redirecting(307, server.address() + "/v1/secret/data/x");
  loop.times = -1;
  server.inject(loop);
  assert_status(get(settings_for(server.address())), 307);
  assert_int_equal(server.requests().size(), 2);
}

void two_locations_are_none(void**) {
  const RawServer server(
      std::string("HTTP/1.1 307 Moved\r\nLocation: https://a.example/\r\n"
                  "Location: https://b.example/\r\nContent-Length: 0\r\n\r\n"));
  VaultSettings settings = settings_for(server.address());
  settings.redirect_hosts = {"a.example", "b.example"};
  assert_failed(get(settings), misconfigured);
}

// ---- retries

std::size_t requests_after(Fault fault, int max_retries, long expected) {
  DoubleServer server;
  server.inject(std::move(fault));
  VaultSettings settings = settings_for(server.address());
  settings.max_retries = max_retries;
  assert_status(get(settings), expected);
  return server.requests().size();
}

void a_server_error_is_tried_again(void**) {
  assert_int_equal(requests_after(answering({500, "", {}}), 1, 404), 2);
}

void nothing_is_tried_again_without_retries(void**) {
  assert_int_equal(requests_after(answering({500, "", {}}), 0, 500), 1);
}

void a_refusal_is_not_tried_again(void**) {
  assert_int_equal(requests_after(answering({403, "", {}}), 2, 403), 1);
}

void a_retry_that_would_pass_the_deadline_is_not_made(void**) {
  DoubleServer server;
  server.inject(answering({429, "", {{"Retry-After", "3600"}}}));
  VaultSettings settings = settings_for(server.address());
  settings.max_retries = 5;
  const auto reply = get(settings);
  assert_status(reply, 429);
  assert_true(reply->retry_after == std::chrono::seconds(3600));
}

void a_lost_connection_is_tried_again(void**) {
  Fault fault;
  fault.kind = FaultKind::lose_reply;
  assert_int_equal(requests_after(fault, 1, 404), 2);
}

// ---- servers that do what none should

void nobody_listening_is_unreachable(void**) {
  std::string address;
  {
    const RawServer gone(std::string{});
    address = gone.address();
  }
  assert_failed(get(settings_for(address)), unreachable);
}

void a_hanging_server_ends_at_the_deadline(void**) {
  DoubleServer server;
  Fault fault;
  fault.kind = FaultKind::hang;
  server.inject(fault);
  const Deadline late = Deadline::in(std::chrono::seconds(5));
  assert_failed(get(settings_for(server.address()), Millis(150)), unreachable);
  assert_false(late.passed());
}

void a_trickling_server_ends_at_the_deadline(void**) {
  DoubleServer server;
  Fault fault;
  fault.kind = FaultKind::trickle;
  fault.delay = Millis(20);
  server.inject(fault);
  assert_failed(get(settings_for(server.address()), Millis(150)), unreachable);
}

void request_timeout_is_a_deadline(void**) {
  DoubleServer server;
  Fault fault;
  fault.kind = FaultKind::hang;
  server.inject(fault);
  VaultSettings settings = settings_for(server.address());
  settings.request_timeout = Millis(150);
  assert_failed(get(settings), unreachable);
}

void a_reset_in_the_body_is_unreachable(void**) {
  DoubleServer server;
  Fault fault;
  fault.kind = FaultKind::reset;
  server.inject(fault);
  assert_failed(get(settings_for(server.address())), unreachable);
}

void a_huge_body_is_not_taken(void**) {
  DoubleServer server;
  Fault fault;
  fault.kind = FaultKind::huge;
  server.inject(fault);
  assert_failed(get(settings_for(server.address())), garbled);
}

/// The outcome of one raw answer.
std::expected<HttpReply, StoreError> answered_with(const std::string& bytes) {
  const RawServer server(bytes);
  return get(settings_for(server.address()));
}

void an_announced_huge_body_is_not_taken(void**) {
  assert_failed(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\nx"), garbled);
}

void endless_headers_are_not_taken(void**) {
  std::string bytes = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i) bytes += "X-Filler: " + std::string(60, 'x') + "\r\n";
  assert_failed(answered_with(bytes + "\r\n"), garbled);
}

void endless_interim_replies_are_not_taken(void**) {
  std::string bytes;
  for (int i = 0; i < 4000; ++i) bytes += "HTTP/1.1 103 Early Hints\r\n\r\n";
  assert_failed(answered_with(bytes), garbled);
}

// libcurl 7.88 frees memory twice where one handle has both replies; 7.81 passes over the line.
void a_second_reply_that_begins_with_a_folded_line_does_no_harm(void**) {
  const RawServer first("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\n{}");
  const RawServer second("HTTP/1.1 200 OK\r\n\tA: b\r\nContent-Length: 2\r\n\r\n{}");
  auto http = HttpConnection::prepare({});
  assert_true(http.has_value());
  const auto ask = [&http](const RawServer& server) {
    const HttpRequest request{Method::get, *parse_address(server.address()), "/v1/x", {}, "",
                              false};
    return http->exchange(request, Deadline::in(std::chrono::seconds(10)));
  };
  assert_true(ask(first).has_value());
  const auto reply = ask(second);
  if (reply) {
    assert_string_equal(reply->body.c_str(), "{}");
  } else {
    assert_int_equal(static_cast<int>(reply.error().error.kind), static_cast<int>(garbled));
  }
}

void an_interim_reply_is_passed_over(void**) {
  assert_status(answered_with("HTTP/1.1 100 Continue\r\n\r\n"
                              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
                404);
}

void bytes_that_are_no_http_are_garbled(void**) {
  assert_failed(answered_with("SSH-2.0-OpenSSH_9.2\r\n"), garbled);
}

void an_empty_answer_is_unreachable(void**) {
  assert_failed(answered_with(""), unreachable);
}

void a_body_cut_short_is_unreachable(void**) {
  assert_failed(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), unreachable);
}

void a_compressed_body_is_left_as_it_is(void**) {
  const auto reply = answered_with(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bxx");
  assert_status(reply, 200);
  assert_int_equal(reply->body.size(), 4);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_token_and_vaults_headers_are_sent),
      cmocka_unit_test(the_namespace_is_sent_where_there_is_one),
      cmocka_unit_test(an_address_with_a_prefix_is_asked_below_it),
      cmocka_unit_test(a_unix_socket_is_an_address),
      cmocka_unit_test(a_proxy_of_the_environment_is_not_asked),
      cmocka_unit_test(a_proxy_of_the_settings_gets_no_token),
      cmocka_unit_test(requests_of_one_job_share_a_connection),
      cmocka_unit_test(a_redirect_is_followed_once_with_method_and_body),
      cmocka_unit_test(a_foreign_host_never_sees_the_token),
      cmocka_unit_test(a_redirect_to_http_is_refused),
      cmocka_unit_test(a_loop_of_redirects_ends_after_one),
      cmocka_unit_test(two_locations_are_none),
      cmocka_unit_test(a_server_error_is_tried_again),
      cmocka_unit_test(nothing_is_tried_again_without_retries),
      cmocka_unit_test(a_refusal_is_not_tried_again),
      cmocka_unit_test(a_retry_that_would_pass_the_deadline_is_not_made),
      cmocka_unit_test(a_lost_connection_is_tried_again),
      cmocka_unit_test(nobody_listening_is_unreachable),
      cmocka_unit_test(a_hanging_server_ends_at_the_deadline),
      cmocka_unit_test(a_trickling_server_ends_at_the_deadline),
      cmocka_unit_test(request_timeout_is_a_deadline),
      cmocka_unit_test(a_reset_in_the_body_is_unreachable),
      cmocka_unit_test(a_huge_body_is_not_taken),
      cmocka_unit_test(an_announced_huge_body_is_not_taken),
      cmocka_unit_test(endless_headers_are_not_taken),
      cmocka_unit_test(endless_interim_replies_are_not_taken),
      cmocka_unit_test(a_second_reply_that_begins_with_a_folded_line_does_no_harm),
      cmocka_unit_test(an_interim_reply_is_passed_over),
      cmocka_unit_test(bytes_that_are_no_http_are_garbled),
      cmocka_unit_test(an_empty_answer_is_unreachable),
      cmocka_unit_test(a_body_cut_short_is_unreachable),
      cmocka_unit_test(a_compressed_body_is_left_as_it_is),
  };
  return cmocka_run_group_tests_name("transport", tests, nullptr, nullptr);
}
