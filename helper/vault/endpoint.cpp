#include "vault/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/errors.h"
#include "base/loopback.h"

namespace claude_auth {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.end();
  const auto [stop, error] = std::from_chars(text.begin(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 &&
         std::ranges::all_of(text, [](char c) { return is_unreserved(c) && c != '~'; });
}

/// What stands between "//" and the path: no user, a host, perhaps a port.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view after_host;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    authority.host = lower(text.substr(1, close - 1));
    if (!is_ipv6(authority.host)) return std::nullopt;
    after_host = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    authority.host = lower(text.substr(0, colon));
    if (!is_host_name(authority.host)) return std::nullopt;
    after_host = text.substr(colon);
  }
  if (after_host.empty()) return authority;
  if (!after_host.starts_with(':')) return std::nullopt;
  authority.port = parse_port(after_host.substr(1));
  if (!authority.port) return std::nullopt;
  return authority;
}

struct Url {
  Endpoint endpoint;
  std::string target;  ///< path and query; empty or beginning with '/'
};

bool is_target(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string scheme = lower(text.substr(0, scheme_end));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  url.endpoint.tls = scheme == "https";
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#\\"), rest.size());
  auto authority = parse_authority(rest.substr(0, authority_end));
  if (!authority) return std::nullopt;
  url.endpoint.host = std::move(authority->host);
  url.endpoint.port = authority->port.value_or(url.endpoint.tls ? kHttpsPort : kHttpPort);
  url.target = rest.substr(authority_end);
  if (!url.target.empty() && !url.target.starts_with('/')) return std::nullopt;
  if (!is_target(url.target)) return std::nullopt;
  return url;
}

bool is_allowed(const Endpoint& to, const std::vector<std::string>& allowed) {
  return std::ranges::any_of(allowed, [&](const std::string& entry) {
    if (is_ipv6(entry)) return to.host == lower(entry);
    const auto authority = parse_authority(entry);
    return authority && authority->host == to.host &&
           (!authority->port || *authority->port == to.port);
  });
}

std::string without_trailing_slashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string Endpoint::origin() const {
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tls ? "https://" : "http://") + shown + ":" + std::to_string(port);
}

bool Endpoint::same_server(const Endpoint& other) const {
  return tls == other.tls && host == other.host && port == other.port &&
         unix_socket == other.unix_socket;
}

std::expected<Endpoint, std::string> parse_address(std::string_view address) {
  constexpr std::string_view kUnix = "unix://";
  if (address.starts_with(kUnix)) {
    const std::string_view path = address.substr(kUnix.size());
    if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) {
      return std::unexpected("the address " + printable(address) +
                             " does not name a socket by an absolute path");
    }
    return Endpoint{false, "localhost", kHttpPort, "", std::string(path)};
  }
  auto url = parse_url(address);
  if (!url || url->target.find('?') != std::string::npos) {
    return std::unexpected("the address " + printable(address) +
                           " is not of the form https://HOST:PORT or unix:///PATH");
  }
  if (!url->endpoint.tls && !is_loopback(url->endpoint.host)) {
    return std::unexpected("the address " + printable(address) +
                           " would send the token in the clear; use https://");
  }
  url->endpoint.prefix = without_trailing_slashes(std::move(url->target));
  return std::move(url->endpoint);
}

std::expected<Redirect, std::string> follow_redirect(const Endpoint& from,
                                                     std::string_view location,
                                                     const std::vector<std::string>& allowed) {
  const std::string shown = printable(location);
  if (location.starts_with('/') && !location.starts_with("//") && is_target(location)) {
    if (!from.tls) return std::unexpected("it redirects to " + shown + " without https");
    return Redirect{from, std::string(location)};
  }
  auto url = parse_url(location);
  if (!url) return std::unexpected("it redirects to " + shown + ", which is no address");
  if (!url->endpoint.tls) {
    return std::unexpected("it redirects to " + shown + " without https");
  }
  if (!url->endpoint.same_server(from) && !is_allowed(url->endpoint, allowed)) {
    return std::unexpected("it redirects to " + shown +
                           "; name that host in redirect_hosts if it is yours");
  }
  if (url->target.empty()) url->target = "/";
  return Redirect{std::move(url->endpoint), std::move(url->target)};
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    if (is_unreserved(c) || c == '/') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4U];
    encoded += kHex[byte & 0xFU];
  }
  return encoded;
}

}  // namespace claude_auth
