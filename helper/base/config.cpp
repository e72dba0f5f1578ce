#include "base/config.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/config_files.h"
#include "base/errors.h"
#include "base/loopback.h"

namespace claude_auth {
namespace {

constexpr char kVault[] = "vault";
constexpr std::int64_t kThirtyDays = 2'592'000;  // in seconds

/// What a value should have been, where it is wrong.
using Taken = std::expected<void, std::string>;

/// Takes the value of one key over into the configuration.
using Take = std::function<Taken(const std::string& value, Config& config)>;

std::unexpected<std::string> should_be(std::string what) {
  return std::unexpected(std::move(what));
}

std::expected<std::int64_t, std::string> number(const std::string& value, std::int64_t least,
                                                std::int64_t most) {
  std::int64_t result = 0;
  const char* end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, result);
  if (parsed.ec != std::errc() || parsed.ptr != end || result < least || result > most) {
    return should_be("a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return result;
}

bool absolute_or_empty(std::string_view path) {
  return path.empty() || path.starts_with('/');
}

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t") != text.npos;
}

Taken take_store(const std::string& value, Config& config) {
  if (value != "local" && value != "vault") return should_be("local or vault");
  config.store = value == "vault" ? StoreKind::vault : StoreKind::local;
  return {};
}

Taken take_host_name(const std::string& value, Config& config) {
  if (value.size() > 253 || has_blank(value)) return should_be("one name of up to 253 bytes");
  config.host_name = value;
  return {};
}

Taken take_shared_login(const std::string& value, Config& config) {
  if (value != "yes" && value != "true" && value != "no" && value != "false") {
    return should_be("yes or no");
  }
  config.shared_login = value == "yes" || value == "true";
  return {};
}

Taken take_login_command(const std::string& value, Config& config) {
  if (value.empty() || value != printable(value)) {
    return should_be("a command of 1 to 200 printable bytes");
  }
  config.login_command = value;
  return {};
}

Taken take_claude_path(const std::string& value, Config& config) {
  if (!absolute_or_empty(value)) return should_be("an absolute path");
  config.claude_path = value;
  return {};
}

/// A span of time in whole seconds, up to 30 days.
Take seconds_into(std::chrono::seconds Config::* member) {
  return [member](const std::string& value, Config& config) -> Taken {
    const auto seconds = number(value, 0, kThirtyDays);
    if (!seconds) return should_be(seconds.error() + " (seconds)");
    config.*member = std::chrono::seconds(*seconds);
    return {};
  };
}

/// The host of "host", "host:port" or "[v6]:port".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

Taken take_address(const std::string& value, Config& config) {
  constexpr std::string_view kTls = "https://";
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kSocket = "unix://";
  const auto wrong = should_be(
      "https://HOST[:PORT], unix:///PATH, or http:// to 127.0.0.1, ::1 or localhost only");
  const std::string_view address = value;
  if (address.empty()) return {};
  if (has_blank(address)) return wrong;
  if (address.starts_with(kSocket)) {
    if (!address.substr(kSocket.size()).starts_with('/')) return wrong;
  } else if (address.starts_with(kTls) || address.starts_with(kPlain)) {
    const std::string_view rest = address.substr(address.find("//") + 2);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    // "@" would make what looks like the host a user name.
    if (host_of(authority).empty() || rest.find_first_of("@?\\") != rest.npos) return wrong;
    if (address.starts_with(kPlain) && !is_loopback(std::string(host_of(authority)))) return wrong;
  } else {
    return wrong;
  }
  config.vault.address = value;
  return {};
}

Take vault_file_into(std::string VaultSettings::* member) {
  return [member](const std::string& value, Config& config) -> Taken {
    if (!absolute_or_empty(value)) return should_be("an absolute path");
    config.vault.*member = value;
    return {};
  };
}

Take vault_text_into(std::string VaultSettings::* member) {
  return [member](const std::string& value, Config& config) -> Taken {
    if (has_blank(value)) return should_be("one word");
    config.vault.*member = value;
    return {};
  };
}

/// A path in Vault, or a name that has to be there.
Take vault_name_into(std::string VaultSettings::* member) {
  return [member](const std::string& value, Config& config) -> Taken {
    if (value.empty() || has_blank(value) || value.starts_with('/') || value.ends_with('/')) {
      return should_be("a name without a slash at either end");
    }
    config.vault.*member = value;
    return {};
  };
}

Taken take_redirect_hosts(const std::string& value, Config& config) {
  config.vault.redirect_hosts.clear();
  std::string_view rest = value;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view host = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    host.remove_prefix(std::min(host.find_first_not_of(" \t"), host.size()));
    host = host.substr(0, host.find_last_not_of(" \t") + 1);
    if (host.empty() || has_blank(host) || host.find_first_of("/@*") != host.npos) {
      return should_be("HOST or HOST:PORT, separated by commas");
    }
    config.vault.redirect_hosts.emplace_back(host);
  }
  return {};
}

Taken take_request_timeout(const std::string& value, Config& config) {
  const auto millis = number(value, 100, 600'000);
  if (!millis) return should_be(millis.error() + " (milliseconds)");
  config.vault.request_timeout = Millis(*millis);
  return {};
}

Taken take_max_retries(const std::string& value, Config& config) {
  const auto retries = number(value, 0, 10);
  if (!retries) return should_be(retries.error());
  config.vault.max_retries = static_cast<int>(*retries);
  return {};
}

/// Every key there is, by section and name. claude-auth-sync.conf(5) and the shipped sample list
/// the same.
const std::map<std::pair<std::string, std::string>, Take>& known_keys() {
  using V = VaultSettings;
  static const std::map<std::pair<std::string, std::string>, Take> keys = {
      {{"", "store"}, take_store},
      {{"", "host_name"}, take_host_name},
      {{"", "shared_login"}, take_shared_login},
      {{"", "login_command"}, take_login_command},
      {{"", "claude_path"}, take_claude_path},
      {{"", "retry_after"}, seconds_into(&Config::retry_after)},
      {{"", "fresh_for"}, seconds_into(&Config::fresh_for)},
      {{kVault, "address"}, take_address},
      {{kVault, "ca_cert"}, vault_file_into(&V::ca_cert)},
      {{kVault, "ca_path"}, vault_file_into(&V::ca_path)},
      {{kVault, "client_cert"}, vault_file_into(&V::client_cert)},
      {{kVault, "client_key"}, vault_file_into(&V::client_key)},
      {{kVault, "tls_server_name"}, vault_text_into(&V::tls_server_name)},
      {{kVault, "namespace"}, vault_text_into(&V::name_space)},
      {{kVault, "proxy"}, vault_text_into(&V::proxy_address)},
      {{kVault, "mount"}, vault_name_into(&V::mount)},
      {{kVault, "path"}, vault_name_into(&V::path)},
      {{kVault, "token_display_name"}, vault_name_into(&V::token_display_name)},
      {{kVault, "token_policy"}, vault_name_into(&V::token_policy)},
      {{kVault, "token_role"}, vault_text_into(&V::token_role)},
      {{kVault, "redirect_hosts"}, take_redirect_hosts},
      {{kVault, "request_timeout"}, take_request_timeout},
      {{kVault, "max_retries"}, take_max_retries},
  };
  return keys;
}

/// The rules between keys.
Taken check_together(const Config& config) {
  const VaultSettings& vault = config.vault;
  if (config.store == StoreKind::vault && vault.address.empty()) {
    return should_be("configuration: store = vault needs vault.address: set it");
  }
  if (vault.client_cert.empty() != vault.client_key.empty()) {
    return should_be(
        "configuration: vault.client_cert and vault.client_key go together: set both or neither");
  }
  return {};
}

std::string node_name() {
  utsname names{};
  return ::uname(&names) == 0 ? printable(names.nodename) : "localhost";
}

}  // namespace

ConfigDirs system_config_dirs() {
  return {.vendor = CLAUDE_AUTH_VENDORDIR, .admin = CLAUDE_AUTH_SYSCONFDIR, .owner = 0};
}

std::expected<Config, std::string> load_config(const ConfigDirs& dirs) {
  const auto files = read_config_files(dirs);
  if (!files) return std::unexpected(files.error());
  if (files->any_file && !files->values.contains({"", "store"})) {
    return std::unexpected("configuration: the key store is missing: set store = local or vault");
  }
  Config config;
  for (const auto& [name, value] : files->values) {
    const auto& [section, key] = name;
    std::string full_name = section;
    if (!section.empty()) full_name += '.';
    full_name += key;
    const auto known = known_keys().find(name);
    if (known == known_keys().end()) {
      config.unknown_keys.push_back(printable(full_name));
    } else if (const Taken taken = known->second(value, config); !taken) {
      return std::unexpected("configuration: " + full_name + " should be " + taken.error());
    }
  }
  if (auto together = check_together(config); !together) return std::unexpected(together.error());
  if (config.host_name.empty()) config.host_name = node_name();
  return config;
}

std::string expand_user(const std::string& pattern, const std::string& user) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool escape = pattern[i] == '%' && i + 1 < pattern.size() &&
                        (pattern[i + 1] == 'u' || pattern[i + 1] == '%');
    if (!escape) {
      result += pattern[i];
      continue;
    }
    ++i;
    if (pattern[i] == 'u') {
      result += user;
    } else {
      result += '%';
    }
  }
  return result;
}

}  // namespace claude_auth
