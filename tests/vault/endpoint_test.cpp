// Addresses that are taken, and where a redirect may lead.
#include "vault/endpoint.h"

#include <cstring>
#include <string>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

void addresses_are_taken_apart(void**) {
  struct Row {
    const char* address;
    const char* origin;
    const char* prefix;
  };
  for (const Row& row : {
           Row{"https://vault.example:8200", "https://vault.example:8200", ""},
           Row{"https://vault.example", "https://vault.example:443", ""},
           Row{"HTTPS://Vault.Example/", "https://vault.example:443", ""},
           Row{"https://vault.example/team/vault/", "https://vault.example:443", "/team/vault"},
           Row{"https://[2001:DB8::1]:8200", "https://[2001:db8::1]:8200", ""},
           Row{"http://127.0.0.1:8200", "http://127.0.0.1:8200", ""},
           Row{"http://127.9.9.9", "http://127.9.9.9:80", ""},
           Row{"http://localhost:1", "http://localhost:1", ""},
           Row{"http://[::1]:8200", "http://[::1]:8200", ""},
       }) {
    const auto endpoint = parse_address(row.address);
    if (!endpoint) fail_msg("%s: %s", row.address, endpoint.error().c_str());
    assert_string_equal(endpoint->origin().c_str(), row.origin);
    assert_string_equal(endpoint->prefix.c_str(), row.prefix);
  }
}

void a_socket_is_named_by_its_path(void**) {
  const auto endpoint = parse_address("unix:///run/bao/agent.sock");
  assert_true(endpoint.has_value());
  assert_string_equal(endpoint->unix_socket.c_str(), "/run/bao/agent.sock");
}

void addresses_that_are_none_are_refused(void**) {
  for (const char* address : {"",
                              "vault.example",
                              "ftp://vault.example",
                              "https://",
                              "https://:8200",
                              "https://user@vault.example",
                              "https://user:pw@vault.example",
                              "https://vault.example:0",
                              "https://vault.example:65536",
                              "https://vault.example:8200x",
                              "https://vault example",
                              "https://vault.example?x=y",
                              "https://vault.example/a?b",
                              "https://vault.example/#a",
                              "https://[::1",
                              "https://[nonsense]:1",
                              "https://a\\b",
                              "https://vault.example/\n",
                              "unix://relative",
                              "unix://"}) {
    if (parse_address(address)) fail_msg("accepted: %s", address);
  }
}

void a_token_never_crosses_a_network_in_the_clear(void**) {
  for (const char* address :
       {"http://vault.example:8200", "http://10.0.0.1", "http://128.0.0.1",
        "http://127.0.0.1.example", "http://[::2]", "http://localhost.evil"}) {
    if (parse_address(address)) fail_msg("accepted: %s", address);
  }
}

const std::vector<std::string> kAllowed{"standby.example", "other.example:8200", "2001:db8::7"};

Endpoint https() {
  return parse_address("https://vault.example:8200/team").value();
}

void redirects_are_followed_to_allowed_hosts(void**) {
  struct Row {
    const char* location;
    const char* origin;
    const char* target;
  };
  for (const Row& row : {
           Row{"/v1/secret/data/x", "https://vault.example:8200", "/v1/secret/data/x"},
           Row{"https://vault.example:8200/v1/x?a=b", "https://vault.example:8200", "/v1/x?a=b"},
           Row{"https://standby.example:9/v1/x", "https://standby.example:9", "/v1/x"},
           Row{"https://STANDBY.example/v1/x", "https://standby.example:443", "/v1/x"},
           Row{"https://other.example:8200/v1/x", "https://other.example:8200", "/v1/x"},
           Row{"https://[2001:db8::7]:8200/v1/x", "https://[2001:db8::7]:8200", "/v1/x"},
           Row{"https://standby.example", "https://standby.example:443", "/"},
       }) {
    const auto redirect = follow_redirect(https(), row.location, kAllowed);
    if (!redirect) fail_msg("%s: %s", row.location, redirect.error().c_str());
    assert_string_equal(redirect->endpoint.origin().c_str(), row.origin);
    assert_string_equal(redirect->target.c_str(), row.target);
  }
}

void redirects_elsewhere_are_refused(void**) {
  for (const char* location :
       {"", "http://vault.example:8200/v1/x", "http://standby.example/v1/x", "//evil.example/v1/x",
        "https://evil.example/v1/x", "https://vault.example:8201/v1/x",
        "https://vault.example/v1/x", "https://other.example/v1/x",
        "https://standby.example.evil.example/", "https://evil.example/standby.example",
        "https://standby.example@evil.example/", "https://evil.example\\@standby.example/",
        "https://evil.example#standby.example", "v1/x", "\\evil", "/v1/x\r\nX: y",
        "javascript:alert(1)", "unix:///run/x"}) {
    if (follow_redirect(https(), location, kAllowed)) fail_msg("followed: %s", location);
  }
}

void a_redirect_without_https_is_refused_even_on_loopback(void**) {
  const Endpoint http = parse_address("http://127.0.0.1:8200").value();
  assert_false(follow_redirect(http, "/v1/x", {}).has_value());
  assert_false(follow_redirect(http, "http://127.0.0.1:8200/v1/x", {}).has_value());
}

void a_refused_location_is_shown_printable(void**) {
  const auto redirect = follow_redirect(https(), "https://evil\x1b[2J.example/", kAllowed);
  assert_null(strchr(redirect.error().c_str(), '\x1b'));
}

void paths_are_encoded(void**) {
  assert_string_equal(encode_path("secret/data/a b%c?d#e+ü").c_str(),
                      "secret/data/a%20b%25c%3Fd%23e%2B%C3%BC");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_taken_apart),
      cmocka_unit_test(a_socket_is_named_by_its_path),
      cmocka_unit_test(addresses_that_are_none_are_refused),
      cmocka_unit_test(a_token_never_crosses_a_network_in_the_clear),
      cmocka_unit_test(redirects_are_followed_to_allowed_hosts),
      cmocka_unit_test(redirects_elsewhere_are_refused),
      cmocka_unit_test(a_redirect_without_https_is_refused_even_on_loopback),
      cmocka_unit_test(a_refused_location_is_shown_printable),
      cmocka_unit_test(paths_are_encoded),
  };
  return cmocka_run_group_tests_name("endpoint", tests, nullptr, nullptr);
}
