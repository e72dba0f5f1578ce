// HTTP/1.1 over one kept connection. The only part of this project that knows libcurl.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "store/store.h"
#include "vault/endpoint.h"

namespace claude_auth {

/// The largest body that is taken from a server. Credentials documents are a few KiB.
inline constexpr std::size_t kMaxBody = std::size_t{2} << 20;

/// All header lines of one exchange, those of interim and proxy replies included.
inline constexpr std::size_t kMaxHeaders = std::size_t{64} << 10;

enum class Method { get, post, remove };

struct HttpRequest {
  Method method = Method::get;
  Endpoint endpoint;
  std::string target;                ///< path and query below the endpoint's prefix, encoded
  std::vector<std::string> headers;  ///< "Name: value"; never sent to a proxy
  std::string body;                  ///< of a post
  /// Never sent twice: libcurl itself repeats a request, a post included, when a kept connection
  /// turns out to be closed; so this one gets a connection of its own.
  bool once = false;
};

struct HttpReply {
  long status = 0;
  std::string body;
  std::string location;  ///< of a redirect; empty where there is not exactly one
  std::optional<Millis> retry_after{};
  /// When the server's certificate ends; told of a request sent `once`, which has a connection of
  /// its own. Nothing without TLS.
  std::optional<Instant> certificate_end{};
};

/// Why there is no reply.
struct HttpFailure {
  StoreError error;
  bool worth_retrying = false;  ///< the connection failed; the same request may do better
};

/// A connection that lives as long as this object, to one server at a time. No environment
/// variable, no .netrc, no cookie, no cache, no automatic redirect, no content decoding; TLS 1.2
/// or later; a proxy only where the settings name one, and then only for https.
class HttpConnection {
 public:
  /// Prepares, without a byte sent. The process-wide initialisation of libcurl happens here, so
  /// the first connection is opened before any other thread exists.
  [[nodiscard]] static std::expected<HttpConnection, StoreError> prepare(
      const VaultSettings& settings);

  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;
  ~HttpConnection();

  /// One exchange, over by `deadline` but for a name server that hangs (libcurl waits for its
  /// resolver thread): whoever must keep a deadline keeps it himself.
  [[nodiscard]] std::expected<HttpReply, HttpFailure> exchange(const HttpRequest& request,
                                                               Deadline deadline);

 private:
  struct Curl;
  explicit HttpConnection(std::unique_ptr<Curl> curl);
  std::unique_ptr<Curl> curl_;
};

}  // namespace claude_auth
