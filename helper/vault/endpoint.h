// Where a Vault server is, and where one of its redirects may lead. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace claude_auth {

/// One server as VAULT_ADDR names it.
struct Endpoint {
  bool tls = false;
  std::string host;  ///< lower case, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string prefix;       ///< of every path, without a trailing slash; mostly empty
  std::string unix_socket;  ///< absolute path where the server is reached by one, else empty

  /// "https://host:port" or "http://…", brackets included.
  [[nodiscard]] std::string origin() const;
  [[nodiscard]] bool same_server(const Endpoint& other) const;
};

/// Parses `https://host[:port][/prefix]`, `http://…` of this machine's loopback only, since a
/// token crosses no network in the clear, and `unix:///path`. Anything else (another scheme,
/// credentials in the address, a query) is an error: one sentence.
[[nodiscard]] std::expected<Endpoint, std::string> parse_address(std::string_view address);

/// Where a request goes on after a redirect.
struct Redirect {
  Endpoint endpoint;
  std::string target;  ///< path and query, beginning with '/'
};

/// Follows `location` of a reply from `from` by the rules of this project: https only, and only to
/// `from` itself or to one of `allowed` ("host", any port, or "host:port"). A location without a
/// host stays at `from` if that is https. The error is one sentence, printable whatever the server
/// sent.
[[nodiscard]] std::expected<Redirect, std::string> follow_redirect(
    const Endpoint& from, std::string_view location, const std::vector<std::string>& allowed);

/// `path` with every byte percent-encoded but letters, digits, "-._~" and '/'.
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace claude_auth
