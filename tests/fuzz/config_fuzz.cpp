// base/config: a configuration file and a drop-in, as libeconf and our own checks take them.
#include "base/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "fuzz/fuzz.h"
#include "unit/temporary_directory.h"

namespace claude_auth {
namespace {

/// Directories with a place for the two files.
class Place {
 public:
  Place() {
    for (const char* name : {"vendor", "admin", "admin/claude-auth-sync.conf.d"}) {
      if (::mkdir((root_ / name).c_str(), 0700) != 0) ::abort();
    }
  }

  [[nodiscard]] ConfigDirs dirs() const {
    return {.vendor = root_ / "vendor", .admin = root_ / "admin", .owner = ::geteuid()};
  }

  void fill(const std::vector<std::string>& files) const {
    test::put(root_ / "admin/claude-auth-sync.conf", files[0]);
    test::put(root_ / "admin/claude-auth-sync.conf.d/10-more.conf", files[1]);
  }

 private:
  test::TemporaryDirectory root_;
};

void require_one_line(const std::string& value) {
  fuzz::require(
      std::ranges::all_of(value, [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); }),
      "a value is one line of ASCII");
}

}  // namespace

void fuzz::take(std::string_view input) {
  static const Place place;
  place.fill(pieces(input, 2));
  const auto config = load_config(place.dirs());
  if (!config) return require_sentence(config.error());
  const VaultSettings& vault = config->vault;
  for (const std::string* value :
       {&config->host_name, &config->login_command, &config->claude_path, &vault.address,
        &vault.ca_cert, &vault.client_key, &vault.tls_server_name, &vault.name_space,
        &vault.proxy_address, &vault.mount, &vault.path, &vault.token_display_name,
        &vault.token_policy}) {
    require_one_line(*value);
  }
  for (const std::string& key : config->unknown_keys) require_sentence(key);
  for (const std::string& host : vault.redirect_hosts) require_one_line(host);
  require(config->login_command == printable(config->login_command), "a command can be shown");
  require(config->store == StoreKind::local || !vault.address.empty(), "Vault has an address");
  require(vault.max_retries <= 10 && vault.request_timeout <= std::chrono::minutes(10),
          "numbers are in their range");
}

}  // namespace claude_auth
