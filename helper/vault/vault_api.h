// One user's conversation with a Vault or OpenBao server: headers, one redirect, retries, and
// what a reply that is no success means.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/secret.h"
#include "vault/http.h"

namespace claude_auth {

/// Speaks as one token. Not thread-safe.
class VaultApi {
 public:
  /// Checks the address and prepares the connection; nothing is sent. `misconfigured` where the
  /// address or a TLS setting is wrong.
  [[nodiscard]] static std::expected<VaultApi, StoreError> open(VaultSettings settings,
                                                                Secret token);

  /// GET, POST or DELETE of /v1/`path`. Any status that the server gave is a reply. Over by
  /// `deadline` or the settings' request_timeout, retries and their pauses included (as in Vault's
  /// Go client).
  ///
  /// Up to max_retries times the same request is sent again: after a failed connection, 412, 429,
  /// any 5xx but 501, and while a mount is being upgraded. A POST with check-and-set may by that
  /// meet its own first success as a conflict.
  [[nodiscard]] std::expected<HttpReply, StoreError> get(std::string_view path, Deadline deadline);
  [[nodiscard]] std::expected<HttpReply, StoreError> post(std::string_view path, std::string body,
                                                          Deadline deadline);
  [[nodiscard]] std::expected<HttpReply, StoreError> remove(std::string_view path,
                                                            Deadline deadline);

  /// The same, carried out by a server at most once: never sent again, whatever the answer, but to
  /// where a standby redirects it.
  [[nodiscard]] std::expected<HttpReply, StoreError> get_once(std::string_view path,
                                                              Deadline deadline);
  [[nodiscard]] std::expected<HttpReply, StoreError> post_once(std::string_view path,
                                                               std::string body, Deadline deadline);

  [[nodiscard]] const VaultSettings& settings() const { return settings_; }

 private:
  VaultApi(VaultSettings settings, Secret token, Endpoint endpoint, HttpConnection http);
  [[nodiscard]] HttpRequest request_to(Method method, std::string_view path,
                                       std::string body = {}) const;
  std::expected<HttpReply, StoreError> send(HttpRequest request, Deadline deadline);
  std::expected<HttpReply, HttpFailure> send_once(const HttpRequest& request, Deadline deadline);

  VaultSettings settings_;
  Secret token_;
  Endpoint endpoint_;
  HttpConnection http_;
};

/// May the same request, sent again, be answered better?
[[nodiscard]] bool worth_retrying(const HttpReply& reply);

/// True for a 400 that says that a mount is still being turned into version 2.
[[nodiscard]] bool says_upgrading(const HttpReply& reply);

/// The error that a reply without success is, whatever was asked; `call` begins the sentence,
/// e.g. "reading secret/workstation/claude-users/emo". Callers sort out first what has a meaning of
/// its own (404, a conflict). Never carries more of the body than the server's `errors`, made
/// printable.
[[nodiscard]] StoreError refusal(const HttpReply& reply, std::string_view call);

/// The body of a success as an object, else `garbled`.
[[nodiscard]] std::expected<Json, StoreError> body_object(const HttpReply& reply,
                                                          std::string_view call);

/// True for a 404 that is exactly {"errors":[]}: how Vault says that something is not there. A
/// proxy's or load balancer's 404 page is not that.
[[nodiscard]] bool says_absent(const HttpReply& reply);

/// Does one of the reply's `errors` contain `text`?
[[nodiscard]] bool has_error(const HttpReply& reply, std::string_view text);

/// A `garbled` error: "vault: CALL: WHAT".
[[nodiscard]] StoreError garbled(std::string_view call, std::string_view what);

/// A `misconfigured` error: "vault: SENTENCE".
[[nodiscard]] StoreError misconfigured(std::string sentence);

}  // namespace claude_auth
