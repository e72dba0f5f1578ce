// helper/base/config: every key, and every value that is refused.
#include "base/config.h"

#include <unistd.h>

#include <string>

#include "cmocka_cpp.h"
#include "config_place.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

/// A configuration with `line` in section [vault], otherwise right.
std::expected<Config, std::string> load_vault(const std::string& line) {
  return load("store = vault\n[vault]\naddress = https://vault.example\n" + line + "\n");
}

void the_host_is_the_nodename_by_default(void**) {
  char name[256] = {};
  assert_int_equal(::gethostname(name, sizeof name - 1), 0);
  assert_string_equal(Place().load()->host_name.c_str(), name);
}

void every_top_level_key_is_taken(void**) {
  const auto config = load(
      "store = vault\nhost_name = h1\nshared_login = yes\nlogin_command = sso login --now\n"
      "claude_path = /opt/claude\nretry_after = 7\nfresh_for = 8\n"
      "[vault]\naddress = https://v\n");
  assert_true(config.has_value());
  assert_true(config->store == StoreKind::vault);
  assert_string_equal(config->host_name.c_str(), "h1");
  assert_true(config->shared_login);
  assert_string_equal(config->login_command.c_str(), "sso login --now");
  assert_string_equal(config->claude_path.c_str(), "/opt/claude");
  assert_int_equal(config->retry_after.count(), 7);
  assert_int_equal(config->fresh_for.count(), 8);
}

void every_vault_key_is_taken(void**) {
  const auto config = load(
      "store = vault\n[vault]\naddress = https://v:8200\nca_cert = /a\nca_path = /b\n"
      "client_cert = /c\nclient_key = /d\ntls_server_name = n\nnamespace = ns/sub\n"
      "proxy = http://p:3128\nmount = kv\npath = p/%u\ntoken_display_name = t-%u\n"
      "token_policy = w-%u\ntoken_role = r\nredirect_hosts = a:8200, b\n"
      "request_timeout = 1500\nmax_retries = 0\n");
  assert_true(config.has_value());
  const VaultSettings& vault = config->vault;
  assert_string_equal(vault.address.c_str(), "https://v:8200");
  assert_string_equal(vault.ca_cert.c_str(), "/a");
  assert_string_equal(vault.ca_path.c_str(), "/b");
  assert_string_equal(vault.client_cert.c_str(), "/c");
  assert_string_equal(vault.client_key.c_str(), "/d");
  assert_string_equal(vault.tls_server_name.c_str(), "n");
  assert_string_equal(vault.name_space.c_str(), "ns/sub");
  assert_string_equal(vault.proxy_address.c_str(), "http://p:3128");
  assert_string_equal(vault.mount.c_str(), "kv");
  assert_string_equal(vault.path.c_str(), "p/%u");
  assert_string_equal(vault.token_display_name.c_str(), "t-%u");
  assert_string_equal(vault.token_policy.c_str(), "w-%u");
  assert_string_equal(vault.token_role.c_str(), "r");
  assert_true(vault.redirect_hosts == std::vector<std::string>({"a:8200", "b"}));
  assert_int_equal(vault.request_timeout.count(), 1500);
  assert_int_equal(vault.max_retries, 0);
  assert_true(config->unknown_keys.empty());
}

void the_shipped_sample_is_the_default(void**) {
  const Place place;
  put(place.vendor_file(), contents(CLAUDE_AUTH_SAMPLE), 0644);
  const auto config = place.load();
  assert_true(config.has_value());
  assert_true(config->store == StoreKind::local);
  assert_true(config->unknown_keys.empty());
}

void the_shipped_sample_names_every_default(void**) {
  // Uncommented, its example lines are the defaults: nothing may change by that.
  std::string text = contents(CLAUDE_AUTH_SAMPLE);
  for (std::size_t at = 0; (at = text.find("\n#", at)) != std::string::npos; ++at) {
    if (text.compare(at, 3, "\n# ") != 0) text.erase(at + 1, 1);
  }
  const auto config = load(text);
  assert_true(config.has_value());
  assert_true(config->unknown_keys.empty());
  const Config defaults;
  assert_string_equal(config->login_command.c_str(), defaults.login_command.c_str());
  assert_int_equal(config->retry_after.count(), defaults.retry_after.count());
  assert_int_equal(config->fresh_for.count(), defaults.fresh_for.count());
  assert_false(config->shared_login);
  assert_string_equal(config->vault.mount.c_str(), defaults.vault.mount.c_str());
  assert_string_equal(config->vault.path.c_str(), defaults.vault.path.c_str());
  assert_string_equal(config->vault.token_display_name.c_str(),
                      defaults.vault.token_display_name.c_str());
  assert_string_equal(config->vault.token_policy.c_str(), defaults.vault.token_policy.c_str());
  assert_string_equal(config->vault.token_role.c_str(), defaults.vault.token_role.c_str());
  assert_int_equal(config->vault.request_timeout.count(), defaults.vault.request_timeout.count());
  assert_int_equal(config->vault.max_retries, defaults.vault.max_retries);
}

void an_empty_value_is_the_default(void**) {
  const auto config = load("store = local\nclaude_path =\nhost_name =\n");
  assert_true(config.has_value());
  assert_string_not_equal(config->host_name.c_str(), "");
}

void a_file_without_store_is_refused(void**) {
  assert_true(refused(load("host_name = h\n"), "store"));
}

void an_empty_file_is_refused(void**) {
  assert_true(refused(load(""), "store"));
}

void an_unknown_store_is_refused(void**) {
  assert_true(refused(load("store = s3\n"), "store"));
}

void an_empty_store_is_refused(void**) {
  assert_true(refused(load("store =\n"), "store"));
}

void unknown_keys_are_named_and_change_nothing(void**) {
  const auto config = load("store = local\ncolour = red\n[vault]\ntoken = x\n[other]\na = b\n");
  assert_true(config.has_value());
  assert_true(config->unknown_keys ==
              std::vector<std::string>({"colour", "other.a", "vault.token"}));
}

void vault_without_an_address_is_refused(void**) {
  assert_true(refused(load("store = vault\n"), "vault.address"));
}

void a_client_certificate_needs_its_key(void**) {
  assert_true(refused(load_vault("client_cert = /c"), "client_key"));
  assert_true(refused(load_vault("client_key = /k"), "client_cert"));
}

void a_relative_path_is_refused(void**) {
  for (const char* key : {"ca_cert", "ca_path", "client_cert", "client_key"}) {
    assert_true(refused(load_vault(std::string(key) + " = some/file"), key));
  }
  assert_true(refused(load("store = local\nclaude_path = claude\n"), "claude_path"));
}

void a_value_out_of_range_is_refused(void**) {
  for (const char* line : {"retry_after = -1", "retry_after = 5m", "retry_after = 2592001",
                           "fresh_for = 1.5", "fresh_for = 99999999999999999999"}) {
    assert_false(load(std::string("store = local\n") + line + "\n").has_value());
  }
  for (const char* line : {"request_timeout = 0", "request_timeout = 10s", "max_retries = 11"}) {
    assert_false(load_vault(line).has_value());
  }
}

void a_boolean_is_yes_or_no(void**) {
  const auto shared = [](const std::string& value) {
    return load("store = local\nshared_login = " + value + "\n");
  };
  assert_true(shared("yes")->shared_login);
  assert_true(shared("true")->shared_login);
  assert_false(shared("no")->shared_login);
  assert_false(shared("false")->shared_login);
  assert_true(refused(shared("1"), "shared_login"));
  assert_true(refused(shared("Yes"), "shared_login"));
}

void safe_addresses_are_taken(void**) {
  for (const char* address :
       {"https://vault.example", "https://vault.example:8200/", "https://[2001:db8::1]:8200",
        "http://127.0.0.1:8200", "http://127.9.9.9", "http://localhost:8200", "http://[::1]:8200",
        "unix:///run/vault.sock"}) {
    assert_true(
        load(std::string("store = vault\n[vault]\naddress = ") + address + "\n").has_value());
  }
}

void unsafe_addresses_are_refused(void**) {
  for (const char* address :
       {"http://vault.example", "http://127.0.0.1.example.org", "http://127.example.org.x",
        "http://localhost.example.org", "http://localhost@vault.example", "http://[2001:db8::1]",
        "http://127.0.0.999", "http://127.00.0.1.1", "https://", "https://u@v", "https://v?x",
        "vault.example:8200", "ftp://v", "unix://run/v", "file:///etc/passwd", "https://a b"}) {
    assert_true(refused(load(std::string("store = vault\n[vault]\naddress = ") + address + "\n"),
                        "vault.address"));
  }
}

void a_redirect_host_is_no_pattern_and_no_url(void**) {
  for (const char* hosts : {"*.example", "https://v", "a,,b", "a b"}) {
    assert_true(refused(load_vault(std::string("redirect_hosts = ") + hosts), "redirect_hosts"));
  }
}

void a_name_in_vault_has_no_slash_at_its_ends(void**) {
  assert_true(refused(load_vault("mount = /secret"), "mount"));
  assert_true(refused(load_vault("path = a/%u/"), "path"));
  assert_true(refused(load_vault("mount ="), "mount"));
}

void every_u_is_the_user(void**) {
  assert_string_equal(expand_user("a/%u-%u", "emo").c_str(), "a/emo-emo");
}

void a_doubled_percent_is_one(void**) {
  assert_string_equal(expand_user("%%u-%u%", "%u").c_str(), "%u-%u%");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_host_is_the_nodename_by_default),
      cmocka_unit_test(every_top_level_key_is_taken),
      cmocka_unit_test(every_vault_key_is_taken),
      cmocka_unit_test(the_shipped_sample_is_the_default),
      cmocka_unit_test(the_shipped_sample_names_every_default),
      cmocka_unit_test(an_empty_value_is_the_default),
      cmocka_unit_test(a_file_without_store_is_refused),
      cmocka_unit_test(an_empty_file_is_refused),
      cmocka_unit_test(an_unknown_store_is_refused),
      cmocka_unit_test(an_empty_store_is_refused),
      cmocka_unit_test(unknown_keys_are_named_and_change_nothing),
      cmocka_unit_test(vault_without_an_address_is_refused),
      cmocka_unit_test(a_client_certificate_needs_its_key),
      cmocka_unit_test(a_relative_path_is_refused),
      cmocka_unit_test(a_value_out_of_range_is_refused),
      cmocka_unit_test(a_boolean_is_yes_or_no),
      cmocka_unit_test(safe_addresses_are_taken),
      cmocka_unit_test(unsafe_addresses_are_refused),
      cmocka_unit_test(a_redirect_host_is_no_pattern_and_no_url),
      cmocka_unit_test(a_name_in_vault_has_no_slash_at_its_ends),
      cmocka_unit_test(every_u_is_the_user),
      cmocka_unit_test(a_doubled_percent_is_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
