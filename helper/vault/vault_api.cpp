#include "vault/vault_api.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/trimmed.h"

namespace claude_auth {
namespace {

// The Go client's pauses between two tries.
constexpr Millis kLeastPause{1000};
constexpr Millis kPauseJitter{500};

Millis pause_after(const std::expected<HttpReply, HttpFailure>& reply) {
  const std::optional<Millis> asked = reply ? reply->retry_after : std::nullopt;
  if (asked) return *asked;
  return kLeastPause +
         Millis(randombytes_uniform(static_cast<std::uint32_t>(kPauseJitter.count())));
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

std::vector<std::string> errors_of(const HttpReply& reply) {
  std::vector<std::string> errors;
  const auto body = parse_object(reply.body);
  const json_t* const list = body ? json_object_get(body->get(), "errors") : nullptr;
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const text = json_array_get(list, i);
    if (json_is_string(text)) errors.emplace_back(json_string_value(text));
  }
  return errors;
}

/// Vault lays some errors out over several lines: "1 error occurred:\n\t* permission denied\n\n".
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char byte : trimmed(text)) {
    const bool blank = byte == ' ' || byte == '\n' || byte == '\t';
    if (!blank || !line.ends_with(' ')) line += blank ? ' ' : byte;
  }
  return line;
}

/// The server's own words, or the status where it has none.
std::string server_words(const HttpReply& reply) {
  std::string words;
  for (const std::string& error : errors_of(reply)) {
    words += (words.empty() ? "" : "; ") + on_one_line(error);
  }
  const std::string status = "HTTP " + std::to_string(reply.status);
  return words.empty() ? status : printable(words) + " (" + status + ")";
}

struct Meaning {
  StoreErrorKind kind;
  const char* advice;  ///< what a person can do; empty where there is nothing
};

/// Vault API, "HTTP status codes". 472 and 473 are answers of sys/health that a load balancer may
/// pass on.
Meaning meaning_of(long status) {
  switch (status) {
    case 401:
    case 403:
      return {StoreErrorKind::denied,
              ": the token is bad, expired, or its policy does not allow it"};
    case 412:
      return {StoreErrorKind::busy, ": the server is behind its cluster"};
    case 429:
      return {StoreErrorKind::busy, ": too many requests"};
    case 472:
    case 473:
    case 501:
    case 503:
      return {StoreErrorKind::sealed, ": sealed, not initialised, or no active node"};
    case 400:
    case 404:
    case 405:
    case 413:
    case 415:
      return {StoreErrorKind::misconfigured, ""};
    default:
      break;
  }
  if (status >= 500 && status < 600) return {StoreErrorKind::unreachable, ": the server failed"};
  if (is_redirect(status)) return {StoreErrorKind::misconfigured, ": more than one redirect"};
  return {StoreErrorKind::garbled, ": no answer that Vault gives"};
}

}  // namespace

VaultApi::VaultApi(VaultSettings settings, Secret token, Endpoint endpoint, HttpConnection http)
    : settings_(std::move(settings)),
      token_(std::move(token)),
      endpoint_(std::move(endpoint)),
      http_(std::move(http)) {}

std::expected<VaultApi, StoreError> VaultApi::open(VaultSettings settings, Secret token) {
  auto endpoint = parse_address(settings.address);
  if (!endpoint) return std::unexpected(misconfigured(std::move(endpoint.error())));
  if (settings.client_cert.empty() != settings.client_key.empty()) {
    return std::unexpected(misconfigured("client_cert and client_key go together: set both"));
  }
  auto http = HttpConnection::prepare(settings);
  if (!http) return std::unexpected(std::move(http.error()));
  return VaultApi(std::move(settings), std::move(token), std::move(*endpoint), std::move(*http));
}

std::expected<HttpReply, StoreError> VaultApi::get(std::string_view path, Deadline deadline) {
  return send(request_to(Method::get, path), deadline);
}

std::expected<HttpReply, StoreError> VaultApi::post(std::string_view path, std::string body,
                                                    Deadline deadline) {
  return send(request_to(Method::post, path, std::move(body)), deadline);
}

std::expected<HttpReply, StoreError> VaultApi::remove(std::string_view path, Deadline deadline) {
  return send(request_to(Method::remove, path), deadline);
}

std::expected<HttpReply, StoreError> VaultApi::get_once(std::string_view path, Deadline deadline) {
  HttpRequest request = request_to(Method::get, path);
  request.once = true;
  return send(std::move(request), deadline);
}

std::expected<HttpReply, StoreError> VaultApi::post_once(std::string_view path, std::string body,
                                                         Deadline deadline) {
  HttpRequest request = request_to(Method::post, path, std::move(body));
  request.once = true;
  return send(std::move(request), deadline);
}

HttpRequest VaultApi::request_to(Method method, std::string_view path, std::string body) const {
  return {method, endpoint_, "/v1/" + encode_path(path), {}, std::move(body)};
}

std::expected<HttpReply, StoreError> VaultApi::send(HttpRequest request, Deadline deadline) {
  request.headers = {"X-Vault-Request: true", "Accept-Encoding: identity",
                     "Content-Type: application/json",
                     "X-Vault-Token: " + std::string(token_.view())};
  if (!settings_.name_space.empty()) {
    request.headers.push_back("X-Vault-Namespace: " + settings_.name_space);
  }
  deadline = deadline.or_sooner(Deadline::in(settings_.request_timeout));
  const int retries = request.once ? 0 : settings_.max_retries;
  for (int tries = 0;; ++tries) {
    auto reply = send_once(request, deadline);
    const bool again = reply ? claude_auth::worth_retrying(*reply) : reply.error().worth_retrying;
    const Millis pause = pause_after(reply);
    if (!again || tries >= retries || deadline.remaining() <= pause) {
      if (!reply) return std::unexpected(std::move(reply.error().error));
      return std::move(*reply);
    }
    std::this_thread::sleep_for(pause);
  }
}

std::expected<HttpReply, HttpFailure> VaultApi::send_once(const HttpRequest& request,
                                                          Deadline deadline) {
  auto reply = http_.exchange(request, deadline);
  if (!reply || !is_redirect(reply->status)) return reply;
  auto redirect = follow_redirect(request.endpoint, reply->location, settings_.redirect_hosts);
  if (!redirect) {
    const std::string server = request.endpoint.origin();
    return std::unexpected(
        HttpFailure{misconfigured(server + ": " + std::move(redirect.error())), false});
  }
  HttpRequest redirected = request;
  redirected.endpoint = std::move(redirect->endpoint);
  // The location carries the whole path, prefix and all.
  redirected.endpoint.prefix.clear();
  redirected.target = std::move(redirect->target);
  return http_.exchange(redirected, deadline);
}

bool worth_retrying(const HttpReply& reply) {
  if (reply.status == 412 || reply.status == 429) return true;
  if (reply.status >= 500 && reply.status < 600) return reply.status != 501;
  return says_upgrading(reply);
}

bool says_upgrading(const HttpReply& reply) {
  return reply.status == 400 && has_error(reply, "Upgrading from non-versioned to versioned");
}

StoreError refusal(const HttpReply& reply, std::string_view call) {
  const Meaning meaning = says_upgrading(reply)
                              ? Meaning{StoreErrorKind::busy, ": the mount is being upgraded"}
                              : meaning_of(reply.status);
  return {meaning.kind, "vault: " + std::string(call) + ": " + server_words(reply) + meaning.advice,
          reply.retry_after};
}

std::expected<Json, StoreError> body_object(const HttpReply& reply, std::string_view call) {
  auto body = parse_object(reply.body);
  if (body) return std::move(*body);
  return std::unexpected(garbled(
      call, body.error() == JsonError::not_exact
                ? "the document holds a number or a duplicate key that a rewrite would change"
                : "the answer is no JSON object"));
}

bool says_absent(const HttpReply& reply) {
  if (reply.status != 404) return false;
  const auto body = parse_object(reply.body);
  if (!body) return false;
  const json_t* const errors = json_object_get(body->get(), "errors");
  return json_is_array(errors) && json_array_size(errors) == 0 &&
         json_object_size(body->get()) == 1;
}

bool has_error(const HttpReply& reply, std::string_view text) {
  return std::ranges::any_of(errors_of(reply), [text](const std::string& error) {
    return error.find(text) != std::string::npos;
  });
}

StoreError garbled(std::string_view call, std::string_view what) {
  return {StoreErrorKind::garbled, "vault: " + std::string(call) + ": " + std::string(what), {}};
}

StoreError misconfigured(std::string sentence) {
  return {StoreErrorKind::misconfigured, "vault: " + std::move(sentence), {}};
}

}  // namespace claude_auth
