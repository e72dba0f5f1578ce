// TLS on the way to the server: who is trusted, which version, whose certificate.
#include <sodium.h>

#include <chrono>
#include <string>

#include "base/child.h"
#include "transport_fixture.h"

namespace claude_auth::testing {
namespace {

void a_certificate_of_the_given_authority_is_trusted(void**) {
  const DoubleServer server = secure();
  assert_status(get(settings_for(server.address())), 404);
}

void the_given_authority_may_be_a_directory(void**) {
  const ScratchDirectory hashed;
  static_cast<void>(hashed.file("ca.pem", tls().authority.certificate()));
  const auto rehashed = run({"/usr/bin/openssl", {"openssl", "rehash", hashed.path()}, {}, "/", {}},
                            Deadline::in(std::chrono::seconds(10)), Millis{0}, 0);
  if (!rehashed || rehashed->wait_status != 0) {
    print_message("SKIP: no openssl rehash\n");
    skip();
  }
  const DoubleServer server = secure();
  VaultSettings settings = settings_for(server.address());
  settings.ca_cert = "";
  settings.ca_path = hashed.path();
  assert_status(get(settings), 404);
}

void a_certificate_of_nobody_is_refused(void**) {
  const DoubleServer server = secure();
  VaultSettings settings = settings_for(server.address());
  settings.ca_cert = "";
  assert_failed(get(settings), unreachable);
}

void an_expired_certificate_is_refused(void**) {
  const DoubleServer server = secure({.valid_until = std::chrono::seconds(-60)});
  assert_failed(get(settings_for(server.address())), unreachable);
}

void the_end_of_the_certificate_is_told(void**) {
  const DoubleServer server = secure({.valid_until = std::chrono::hours(1000)});
  auto api = VaultApi::open(settings_for(server.address()), Secret::copy_of("TEST"));
  const auto reply = api->get_once("sys/health", Deadline::in(std::chrono::seconds(10)));
  assert_true(reply && reply->certificate_end);
  const auto left = *reply->certificate_end - Clock().now();
  assert_true(left > std::chrono::hours(999) && left <= std::chrono::hours(1000));
}

void a_certificate_of_the_future_is_refused(void**) {
  const DoubleServer server = secure({.valid_from = std::chrono::hours(2)});
  assert_failed(get(settings_for(server.address())), unreachable);
}

void a_certificate_for_another_host_is_refused(void**) {
  const DoubleServer server = secure({.dns_names = {"vault.example"}, .addresses = {}});
  assert_failed(get(settings_for(server.address())), unreachable);
}

void tls_server_name_names_the_certificate(void**) {
  const DoubleServer server = secure({.dns_names = {"vault.example"}, .addresses = {}});
  VaultSettings settings = settings_for(server.address());
  settings.tls_server_name = "vault.example";
  assert_status(get(settings), 404);
}

void tls_server_name_is_not_the_host_that_is_asked(void**) {
  const DoubleServer server = secure({.dns_names = {"vault.example"}, .addresses = {}});
  VaultSettings settings = settings_for(server.address());
  settings.tls_server_name = "vault.example";
  assert_status(get(settings), 404);
  assert_true(server.address() == "https://" + header(server, "host"));
}

void tls_below_1_2_is_refused(void**) {
  const DoubleServer server({.tls = tls().authority.issue({}),
                             .tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT"});
  assert_failed(get(settings_for(server.address())), unreachable);
}

void tls_1_2_is_enough(void**) {
  const DoubleServer server(
      {.tls = tls().authority.issue({}), .tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2"});
  assert_status(get(settings_for(server.address())), 404);
}

void an_authority_that_cannot_be_read_is_a_misconfiguration(void**) {
  const DoubleServer server = secure();
  VaultSettings settings = settings_for(server.address());
  settings.ca_cert = "/nonexistent/ca.pem";
  assert_failed(get(settings), misconfigured);
}

void a_client_certificate_is_shown(void**) {
  const DoubleServer server(
      {.tls = tls().authority.issue({}), .client_authority = tls().authority.certificate()});
  const Identity client = tls().authority.issue({.name = "client"});
  VaultSettings settings = settings_for(server.address());
  settings.client_cert = tls().scratch.file("client.pem", client.certificate);
  settings.client_key = tls().scratch.file("client.key", client.key);
  assert_status(get(settings), 404);
}

void a_server_that_asks_for_a_certificate_refuses_without(void**) {
  const DoubleServer server(
      {.tls = tls().authority.issue({}), .client_authority = tls().authority.certificate()});
  assert_failed(get(settings_for(server.address())), unreachable);
}

void a_client_certificate_without_its_key_is_a_misconfiguration(void**) {
  VaultSettings settings = settings_for("https://127.0.0.1:1");
  settings.client_cert = "/nonexistent/client.pem";
  assert_failed(get(settings), misconfigured);
}

void plain_http_is_no_tls(void**) {
  const DoubleServer server;
  std::string address = server.address();
  address.insert(4, "s");
  assert_failed(get(settings_for(address)), unreachable);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_certificate_of_the_given_authority_is_trusted),
      cmocka_unit_test(the_given_authority_may_be_a_directory),
      cmocka_unit_test(a_certificate_of_nobody_is_refused),
      cmocka_unit_test(an_expired_certificate_is_refused),
      cmocka_unit_test(the_end_of_the_certificate_is_told),
      cmocka_unit_test(a_certificate_of_the_future_is_refused),
      cmocka_unit_test(a_certificate_for_another_host_is_refused),
      cmocka_unit_test(tls_server_name_names_the_certificate),
      cmocka_unit_test(tls_server_name_is_not_the_host_that_is_asked),
      cmocka_unit_test(tls_below_1_2_is_refused),
      cmocka_unit_test(tls_1_2_is_enough),
      cmocka_unit_test(an_authority_that_cannot_be_read_is_a_misconfiguration),
      cmocka_unit_test(a_client_certificate_is_shown),
      cmocka_unit_test(a_server_that_asks_for_a_certificate_refuses_without),
      cmocka_unit_test(a_client_certificate_without_its_key_is_a_misconfiguration),
      cmocka_unit_test(plain_http_is_no_tls),
  };
  return cmocka_run_group_tests_name("tls", tests, nullptr, nullptr);
}
