#include "jobs/vault_environment.h"

#include <array>
#include <charconv>
#include <string_view>

namespace claude_auth {
namespace {

struct Unit {
  std::string_view name;
  Millis::rep millis;
};
// Longest names first, so that "ms" is not read as minutes.
constexpr std::array kUnits = {Unit{"ms", 1}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1'000}};

constexpr Millis::rep kLongestTimeout = 3'600'000;

// A count of seconds, or Go's duration syntax in whole numbers: "90", "1m30s", "500ms".
std::optional<Millis> parse_duration(std::string_view text) {
  Millis::rep total = 0;
  const bool bare = text.find_first_not_of("0123456789") == std::string_view::npos;
  while (!text.empty()) {
    Millis::rep count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0 || count > kLongestTimeout) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    Millis::rep unit = 1'000;
    if (!bare) {
      unit = 0;
      for (const Unit& one : kUnits)
        if (text.starts_with(one.name)) {
          unit = one.millis;
          text.remove_prefix(one.name.size());
          break;
        }
      if (unit == 0) return std::nullopt;
    }
    total += count * unit;
  }
  if (total <= 0 || total > kLongestTimeout) return std::nullopt;
  return Millis(total);
}

}  // namespace

std::optional<std::string> apply_vault_environment(VaultSettings& settings,
                                                   const Lookup& environment) {
  struct Override {
    const char* name;
    std::string& value;
  };
  for (const Override& one :
       std::initializer_list<Override>{{"VAULT_ADDR", settings.address},
                                       {"VAULT_CACERT", settings.ca_cert},
                                       {"VAULT_CAPATH", settings.ca_path},
                                       {"VAULT_CLIENT_CERT", settings.client_cert},
                                       {"VAULT_CLIENT_KEY", settings.client_key},
                                       {"VAULT_TLS_SERVER_NAME", settings.tls_server_name},
                                       {"VAULT_NAMESPACE", settings.name_space},
                                       {"VAULT_PROXY_ADDR", settings.proxy_address},
                                       {"CLAUDE_AUTH_VAULT_PATH", settings.path}})
    if (auto value = environment(one.name); value && !value->empty()) one.value = *value;

  if (settings.client_cert.empty() != settings.client_key.empty())
    return "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY go together: set both or neither";
  if (const auto text = environment("VAULT_CLIENT_TIMEOUT"); text && !text->empty()) {
    const auto timeout = parse_duration(*text);
    if (!timeout) return "VAULT_CLIENT_TIMEOUT is no duration such as 30, 30s or 1m";
    settings.request_timeout = *timeout;
  }
  if (const auto text = environment("VAULT_MAX_RETRIES"); text && !text->empty()) {
    int retries = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), retries);
    if (error != std::errc() || end != text->data() + text->size() || retries < 0 || retries > 10)
      return "VAULT_MAX_RETRIES is no number from 0 to 10";
    settings.max_retries = retries;
  }
  return std::nullopt;
}

}  // namespace claude_auth
