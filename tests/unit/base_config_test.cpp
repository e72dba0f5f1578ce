// helper/base/config: every key, every refusal. A file that cannot be trusted is never a default.
#include "base/config.h"

#include <unistd.h>

#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

/// A vendor's and an administrator's directory that belong to the test.
class Place {
 public:
  Place() {
    ::chmod(top_.path().c_str(), 0755);
    ::mkdir(vendor().c_str(), 0755);
    ::mkdir(admin().c_str(), 0755);
  }

  [[nodiscard]] std::string vendor() const { return top_ / "vendor"; }
  [[nodiscard]] std::string admin() const { return top_ / "admin"; }
  [[nodiscard]] std::string file() const { return admin() + "/claude-auth-sync.conf"; }
  [[nodiscard]] std::string vendor_file() const { return vendor() + "/claude-auth-sync.conf"; }

  /// A drop-in below `directory`, which is made.
  [[nodiscard]] static std::string drop_in(const std::string& directory, const std::string& name) {
    const std::string drop_ins = directory + "/claude-auth-sync.conf.d";
    ::mkdir(drop_ins.c_str(), 0755);
    return drop_ins + "/" + name;
  }

  [[nodiscard]] std::expected<Config, std::string> load() const {
    return load_config({.vendor = vendor(), .admin = admin(), .owner = ::geteuid()});
  }

 private:
  TemporaryDirectory top_;
};

std::expected<Config, std::string> load(const std::string& text) {
  const Place place;
  put(place.file(), text, 0644);
  return place.load();
}

/// A configuration with `line` in section [vault], otherwise right.
std::expected<Config, std::string> load_vault(const std::string& line) {
  return load("store = vault\n[vault]\naddress = https://vault.example\n" + line + "\n");
}

/// Whether the error names `what`: the key, the file.
bool refused(const std::expected<Config, std::string>& config, const std::string& what) {
  return !config && config.error().contains(what);
}

void no_file_at_all_is_the_local_store(void**) {
  const auto config = Place().load();
  assert_true(config.has_value());
  assert_true(config->store == StoreKind::local);
}

void missing_directories_are_no_file_at_all(void**) {
  assert_true(
      load_config({.vendor = "/nonexistent", .admin = "/nonexistent", .owner = 0}).has_value());
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

void comments_blank_lines_and_quotes_are_understood(void**) {
  const auto config = load("# one\n\n  store = local   # two\nhost_name = \"h1\"\n");
  assert_true(config.has_value());
  assert_string_equal(config->host_name.c_str(), "h1");
}

void an_empty_value_is_the_default(void**) {
  const auto config = load("store = local\nclaude_path =\nhost_name =\n");
  assert_true(config.has_value());
  assert_string_not_equal(config->host_name.c_str(), "");
}

void the_administrators_file_stands_in_for_the_vendors(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\nretry_after = 1\n", 0644);
  put(place.file(), "store = local\nfresh_for = 2\n", 0644);
  const auto config = place.load();
  assert_int_equal(config->retry_after.count(), Config().retry_after.count());
  assert_int_equal(config->fresh_for.count(), 2);
}

void a_drop_in_changes_just_its_keys(void**) {
  const Place place;
  put(place.file(), "store = vault\nfresh_for = 2\n[vault]\naddress = https://a\nmount = m\n",
      0644);
  put(Place::drop_in(place.admin(), "10-a.conf"), "fresh_for = 3\n[vault]\naddress = https://b\n",
      0644);
  put(Place::drop_in(place.admin(), "20-b.conf"), "fresh_for = 4\n", 0644);
  const auto config = place.load();
  assert_true(config.has_value());
  assert_int_equal(config->fresh_for.count(), 4);
  assert_string_equal(config->vault.address.c_str(), "https://b");
  assert_string_equal(config->vault.mount.c_str(), "m");
}

void the_administrators_drop_ins_come_last(void**) {
  const Place place;
  put(place.file(), "store = local\nfresh_for = 1\n", 0644);
  put(Place::drop_in(place.vendor(), "20-b.conf"), "fresh_for = 2\nretry_after = 2\n", 0644);
  put(Place::drop_in(place.admin(), "10-a.conf"), "fresh_for = 3\n", 0644);
  const auto config = place.load();
  assert_int_equal(config->fresh_for.count(), 3);
  assert_int_equal(config->retry_after.count(), 2);
}

void a_drop_in_hides_the_vendors_of_the_same_name(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.vendor(), "a.conf"), "retry_after = 2\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 3\n", 0644);
  assert_int_equal(place.load()->retry_after.count(), Config().retry_after.count());
}

void a_drop_in_over_the_vendors_file_is_enough(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n[vault]\naddress = https://b\n",
      0644);
  assert_true(place.load()->store == StoreKind::vault);
}

// libeconf 0.5.1 crashes where it merges these two itself.
void a_drop_in_over_a_file_of_comments_is_enough(void**) {
  const Place place;
  put(place.file(), "# nothing here yet\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"),
      "store = vault\n[vault]\naddress = https://b\nmount = m\n", 0644);
  const auto config = place.load();
  assert_true(config.has_value());
  assert_string_equal(config->vault.mount.c_str(), "m");
}

void an_administrators_file_of_comments_hides_the_vendors(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(place.file(), "# nothing here yet\n", 0644);
  assert_true(refused(place.load(), "store"));
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

void a_file_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0664);
  assert_true(refused(place.load(), place.file()));
}

void a_file_of_somebody_else_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  const auto config =
      load_config({.vendor = place.vendor(), .admin = place.admin(), .owner = ::geteuid() + 1});
  assert_true(refused(config, place.file()));
}

void a_drop_in_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 1\n", 0666);
  assert_true(refused(place.load(), "a.conf"));
}

void a_vendors_file_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0666);
  assert_true(refused(place.load(), place.vendor_file()));
}

void a_directory_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  assert_int_equal(::chmod(place.admin().c_str(), 0775), 0);
  assert_true(refused(place.load(), place.admin()));
}

void a_drop_in_directory_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 1\n", 0644);
  assert_int_equal(::chmod((place.file() + ".d").c_str(), 0777), 0);
  assert_true(refused(place.load(), place.file() + ".d"));
}

void an_unreadable_file_is_refused_even_where_the_vendor_has_one(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(place.file(), "store = vault\n", 0);
  // The files stay the administrator's; it is the reader that changes.
  const uid_t administrator = ::geteuid();
  assert_true(holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}), place.file());
  }));
}

void an_unreadable_drop_in_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n", 0);
  const uid_t administrator = ::geteuid();
  assert_true(holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}), "a.conf");
  }));
}

void an_unreadable_drop_in_directory_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n", 0644);
  assert_int_equal(::chmod((place.file() + ".d").c_str(), 0), 0);
  const uid_t administrator = ::geteuid();
  const bool held = holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}),
                   place.file() + ".d");
  });
  ::chmod((place.file() + ".d").c_str(), 0755);
  assert_true(held);
}

void a_fifo_is_refused_and_does_not_hang(void**) {
  const Place place;
  assert_int_equal(::mkfifo(place.file().c_str(), 0644), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_symlink_is_refused(void**) {
  const Place place;
  put(place.admin() + "/real", "store = local\n", 0644);
  assert_int_equal(::symlink("real", place.file().c_str()), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_dangling_symlink_is_refused(void**) {
  const Place place;
  assert_int_equal(::symlink("nowhere", place.file().c_str()), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_directory_in_place_of_the_file_is_refused(void**) {
  const Place place;
  assert_int_equal(::mkdir(place.file().c_str(), 0755), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_file_in_place_of_the_drop_in_directory_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(place.file() + ".d", "store = vault\n", 0644);
  assert_true(refused(place.load(), place.file() + ".d"));
}

void an_oversized_file_is_refused(void**) {
  assert_true(
      refused(load("store = local\n" + std::string(100'000, '#')), "claude-auth-sync.conf"));
}

void a_line_without_a_delimiter_is_refused_with_its_number(void**) {
  assert_true(refused(load("store = local\nvault\n"), "claude-auth-sync.conf:2:"));
}

void an_indented_line_does_not_continue_a_value(void**) {
  assert_true(refused(load("store = local\nhost_name = a\n  b\n"), "claude-auth-sync.conf:3:"));
}

// To libeconf such a line is no blank one, and goes on with the value before it.
void carriage_returns_in_a_line_are_refused(void**) {
  assert_true(refused(load("store = local\nhost_name = h\n\r\r\n"), ":3"));
}

void a_line_without_a_key_is_refused(void**) {
  assert_true(refused(load("store = local\n = x\n"), "claude-auth-sync.conf:2:"));
}

void a_key_set_twice_is_refused(void**) {
  assert_true(refused(load("store = local\nstore = vault\n"), "claude-auth-sync.conf:2:"));
}

void a_section_that_is_not_closed_is_refused(void**) {
  assert_true(
      refused(load("store = local\n[vault\naddress = https://v\n"), "claude-auth-sync.conf:2:"));
}

void a_quote_that_is_not_closed_is_refused(void**) {
  for (const char* value : {"\"a # b\"", "\"", "\"a\" b"}) {
    const std::string text = std::string("store = local\nlogin_command = ") + value + "\n";
    assert_true(refused(load(text), "claude-auth-sync.conf:2: the quote is not closed"));
  }
}

void a_byte_order_mark_is_refused(void**) {
  assert_true(refused(load("\xEF\xBB\xBFstore = local\n"), "claude-auth-sync.conf:1:"));
}

void a_nul_is_refused(void**) {
  assert_true(refused(load(std::string("store = local\0\n", 15)), "claude-auth-sync.conf:1:"));
}

void other_letters_are_allowed_in_comments_only(void**) {
  assert_true(load("# \xC3\xBC\nstore = local\n").has_value());
  assert_true(refused(load("store = local\nhost_name = \xC3\xBC\n"), "claude-auth-sync.conf:2:"));
}

void blank_lines_of_other_systems_are_no_part_of_a_value(void**) {
  const auto config = load("store = local\r\nhost_name = h\r\n\r\nfresh_for = 2\r\n\r\n");
  assert_true(config.has_value());
  assert_string_equal(config->host_name.c_str(), "h");
  assert_int_equal(config->fresh_for.count(), 2);
}

void the_line_ends_of_other_systems_are_taken(void**) {
  assert_true(load("store = local\r\nhost_name = h\r\n")->host_name == "h");
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
      cmocka_unit_test(no_file_at_all_is_the_local_store),
      cmocka_unit_test(missing_directories_are_no_file_at_all),
      cmocka_unit_test(the_host_is_the_nodename_by_default),
      cmocka_unit_test(every_top_level_key_is_taken),
      cmocka_unit_test(every_vault_key_is_taken),
      cmocka_unit_test(the_shipped_sample_is_the_default),
      cmocka_unit_test(the_shipped_sample_names_every_default),
      cmocka_unit_test(comments_blank_lines_and_quotes_are_understood),
      cmocka_unit_test(an_empty_value_is_the_default),
      cmocka_unit_test(the_administrators_file_stands_in_for_the_vendors),
      cmocka_unit_test(a_drop_in_changes_just_its_keys),
      cmocka_unit_test(the_administrators_drop_ins_come_last),
      cmocka_unit_test(a_drop_in_hides_the_vendors_of_the_same_name),
      cmocka_unit_test(a_drop_in_over_the_vendors_file_is_enough),
      cmocka_unit_test(a_drop_in_over_a_file_of_comments_is_enough),
      cmocka_unit_test(an_administrators_file_of_comments_hides_the_vendors),
      cmocka_unit_test(a_file_without_store_is_refused),
      cmocka_unit_test(an_empty_file_is_refused),
      cmocka_unit_test(an_unknown_store_is_refused),
      cmocka_unit_test(an_empty_store_is_refused),
      cmocka_unit_test(unknown_keys_are_named_and_change_nothing),
      cmocka_unit_test(a_file_that_others_may_write_is_refused),
      cmocka_unit_test(a_file_of_somebody_else_is_refused),
      cmocka_unit_test(a_drop_in_that_others_may_write_is_refused),
      cmocka_unit_test(a_vendors_file_that_others_may_write_is_refused),
      cmocka_unit_test(a_directory_that_others_may_write_is_refused),
      cmocka_unit_test(a_drop_in_directory_that_others_may_write_is_refused),
      cmocka_unit_test(an_unreadable_file_is_refused_even_where_the_vendor_has_one),
      cmocka_unit_test(an_unreadable_drop_in_is_refused),
      cmocka_unit_test(an_unreadable_drop_in_directory_is_refused),
      cmocka_unit_test(a_fifo_is_refused_and_does_not_hang),
      cmocka_unit_test(a_symlink_is_refused),
      cmocka_unit_test(a_dangling_symlink_is_refused),
      cmocka_unit_test(a_directory_in_place_of_the_file_is_refused),
      cmocka_unit_test(a_file_in_place_of_the_drop_in_directory_is_refused),
      cmocka_unit_test(an_oversized_file_is_refused),
      cmocka_unit_test(a_line_without_a_delimiter_is_refused_with_its_number),
      cmocka_unit_test(an_indented_line_does_not_continue_a_value),
      cmocka_unit_test(carriage_returns_in_a_line_are_refused),
      cmocka_unit_test(a_line_without_a_key_is_refused),
      cmocka_unit_test(a_key_set_twice_is_refused),
      cmocka_unit_test(a_section_that_is_not_closed_is_refused),
      cmocka_unit_test(a_quote_that_is_not_closed_is_refused),
      cmocka_unit_test(a_byte_order_mark_is_refused),
      cmocka_unit_test(a_nul_is_refused),
      cmocka_unit_test(other_letters_are_allowed_in_comments_only),
      cmocka_unit_test(blank_lines_of_other_systems_are_no_part_of_a_value),
      cmocka_unit_test(the_line_ends_of_other_systems_are_taken),
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
