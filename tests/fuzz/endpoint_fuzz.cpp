// vault/endpoint: addresses from the configuration, redirects from a server. libcurl, which gets
// them in the end, has to see the same server.
#include "vault/endpoint.h"

#include <curl/curl.h>

#include <memory>

#include "fuzz/fuzz.h"

namespace claude_auth {
namespace {

struct UrlRelease {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

/// libcurl writes numbers as addresses in its own way.
bool is_number(std::string_view host) {
  return host.find_first_not_of("0123456789abcdefx.:") == std::string_view::npos;
}

void require_curl_agrees(const Endpoint& endpoint, const std::string& path) {
  using fuzz::require;
  const std::unique_ptr<CURLU, UrlRelease> url(curl_url());
  const std::string text = endpoint.origin() + path;
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) return;
  require(part(url.get(), CURLUPART_PORT) == std::to_string(endpoint.port), "the same port");
  require(part(url.get(), CURLUPART_USER).empty(), "no user");
  if (!is_number(endpoint.host))
    require(part(url.get(), CURLUPART_HOST) == endpoint.host, "the same host");
}

void check_redirect(const Endpoint& from, const std::string& location) {
  using fuzz::require;
  const auto redirect = follow_redirect(from, location, {"other.example", "[2001:db8::1]:8200"});
  if (!redirect) return fuzz::require_sentence(redirect.error());
  const Endpoint& to = redirect->endpoint;
  require(to.tls, "a redirect leads to https only");
  require(to.same_server(from) || to.host == "other.example" ||
              (to.host == "2001:db8::1" && to.port == 8200),
          "and to a server that is allowed");
  require(redirect->target.starts_with('/') && fuzz::is_printable(redirect->target) &&
              !redirect->target.contains(' '),
          "and its target can stand in a request line");
  require_curl_agrees(to, redirect->target);
}

}  // namespace

void fuzz::take(std::string_view input) {
  const auto given = pieces(input, 2);
  check_redirect({true, "vault.example", 8200, "", ""}, given[1]);
  const auto endpoint = parse_address(given[0]);
  if (!endpoint) return require_sentence(endpoint.error());
  require(endpoint->tls || !endpoint->unix_socket.empty() || endpoint->host == "localhost" ||
              endpoint->host == "::1" || endpoint->host.starts_with("127."),
          "nothing crosses a network in the clear");
  const auto again = parse_address(endpoint->origin() + endpoint->prefix);
  require(!endpoint->unix_socket.empty() || (again && again->same_server(*endpoint)),
          "an address is its own address");
  require_curl_agrees(*endpoint, endpoint->prefix);
  check_redirect(*endpoint, given[1]);
}

}  // namespace claude_auth
