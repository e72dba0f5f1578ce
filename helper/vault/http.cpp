#include "vault/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <climits>
#include <new>
#include <utility>

#include "base/errors.h"
#include "vault/location.h"

namespace claude_auth {
namespace {

constexpr std::chrono::seconds kMaxRetryAfter = std::chrono::hours{24};

struct EasyRelease {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListRelease {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct ShareRelease {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
using Easy = std::unique_ptr<CURL, EasyRelease>;
using Share = std::unique_ptr<CURLSH, ShareRelease>;
using List = std::unique_ptr<curl_slist, ListRelease>;

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (!list) list.reset(longer);
}

/// What arrives, with its caps.
struct Arriving {
  std::string body;
  LocationReader location;
  std::size_t header_bytes = 0;
  bool too_big = false;
};

// libcurl calls these from C: nothing may be thrown through it.
std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) noexcept {
  auto& arriving = *static_cast<Arriving*>(to);
  const std::size_t length = size * count;
  arriving.too_big = arriving.too_big || length > kMaxBody - arriving.body.size();
  if (arriving.too_big) return 0;
  arriving.body.append(bytes, length);
  return length;
}

std::size_t take_header(const char* bytes, std::size_t size, std::size_t count, void* to) noexcept {
  auto& arriving = *static_cast<Arriving*>(to);
  const std::size_t length = size * count;
  arriving.header_bytes += length;
  arriving.too_big = arriving.too_big || arriving.header_bytes > kMaxHeaders;
  if (arriving.too_big) return 0;
  arriving.location.take({bytes, length});
  return length;
}

/// Sets options and remembers whether one was refused.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) accepted_ = false;
  }
  void set_text(CURLoption option, const std::string& text) { set(option, text.c_str()); }
  void set_if_given(CURLoption option, const std::string& text) {
    if (!text.empty()) set_text(option, text);
  }
  [[nodiscard]] bool accepted() const { return accepted_; }

 private:
  CURL* easy_;
  bool accepted_ = true;
};

void restrict_transport(Options& options) {
  options.set(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  options.set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_PATH_AS_IS, 1L);
  options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  options.set(CURLOPT_HTTP09_ALLOWED, 0L);
  options.set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(kMaxBody));
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  options.set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
}

void set_trust(Options& options, const VaultSettings& settings) {
  options.set_if_given(CURLOPT_CAINFO, settings.ca_cert);
  options.set_if_given(CURLOPT_CAPATH, settings.ca_path);
  // One of the two given: the system's other one is no longer trusted.
  const char* const none = nullptr;
  if (!settings.ca_cert.empty() && settings.ca_path.empty()) options.set(CURLOPT_CAPATH, none);
  if (settings.ca_cert.empty() && !settings.ca_path.empty()) options.set(CURLOPT_CAINFO, none);
  options.set_if_given(CURLOPT_SSLCERT, settings.client_cert);
  options.set_if_given(CURLOPT_SSLKEY, settings.client_key);
}

/// A proxy is never taken from the environment, and NOPROXY neither: both are always set.
void set_proxy(Options& options, const VaultSettings& settings, const Endpoint& endpoint) {
  options.set_text(CURLOPT_PROXY, endpoint.tls ? settings.proxy_address : std::string());
  options.set(CURLOPT_NOPROXY, "");
}

bool is_misconfiguration(CURLcode code) {
  constexpr std::array kCodes{CURLE_URL_MALFORMAT,         CURLE_SSL_CACERT_BADFILE,
                              CURLE_SSL_CERTPROBLEM,       CURLE_SSL_CIPHER,
                              CURLE_COULDNT_RESOLVE_PROXY, CURLE_UNKNOWN_OPTION};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

/// CURLE_UNSUPPORTED_PROTOCOL is what an answer without a status line (HTTP/0.9) is called,
/// CURLE_BAD_FUNCTION_ARGUMENT one whose headers begin with a folded line.
bool is_garbage(CURLcode code) {
  constexpr std::array kCodes{CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL,
                              CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR,
                              CURLE_BAD_FUNCTION_ARGUMENT};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

HttpFailure failure(CURLcode code, const char* detail, const Arriving& arriving,
                    const Endpoint& endpoint) {
  const std::string server =
      endpoint.unix_socket.empty() ? endpoint.origin() : endpoint.unix_socket;
  if (arriving.too_big || code == CURLE_FILESIZE_EXCEEDED) {
    return {
        {StoreErrorKind::garbled, "vault: " + server + " sent more than this program takes", {}},
        false};
  }
  const std::string why = printable(*detail != '\0' ? detail : curl_easy_strerror(code));
  StoreError error{StoreErrorKind::unreachable, "vault: " + server + ": " + why, {}};
  if (is_misconfiguration(code)) error.kind = StoreErrorKind::misconfigured;
  if (is_garbage(code)) error.kind = StoreErrorKind::garbled;
  const bool retry =
      error.kind == StoreErrorKind::unreachable && code != CURLE_PEER_FAILED_VERIFICATION;
  return {std::move(error), retry};
}

std::optional<Millis> retry_after_of(CURL* easy) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) return std::nullopt;
  return std::min(std::chrono::seconds(seconds), kMaxRetryAfter);
}

/// Of the server's own certificate, the first of its chain.
std::optional<Instant> certificate_end_of(CURL* easy) {
  constexpr std::string_view kEnd = "Expire date:";
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr ||
      chain->num_of_certs < 1) {
    return std::nullopt;
  }
  for (const curl_slist* fact = chain->certinfo[0]; fact != nullptr; fact = fact->next) {
    if (!std::string_view(fact->data).starts_with(kEnd)) continue;
    const time_t end = curl_getdate(fact->data + kEnd.size(), nullptr);
    if (end != -1) return Instant(std::chrono::seconds(end));
  }
  return std::nullopt;
}

std::string host_and_port(const Endpoint& endpoint) {
  return endpoint.origin().substr(endpoint.tls ? sizeof "https://" - 1 : sizeof "http://" - 1);
}

/// What libcurl only points to while it works.
struct Outgoing {
  List headers;
  List connect_to;
  std::string url;
};

/// Where the request goes. Where the name in the certificate is another one than the address:
/// connect to the address, ask for the name, and still tell the server which host was meant.
void aim(Options& options, Outgoing& outgoing, const HttpRequest& request,
         const std::string& tls_server_name) {
  const Endpoint& endpoint = request.endpoint;
  Endpoint named = endpoint;
  if (endpoint.tls && !tls_server_name.empty()) {
    named.host = tls_server_name;
    append(outgoing.connect_to, host_and_port(named) + ":" + host_and_port(endpoint));
    append(outgoing.headers, "Host: " + host_and_port(endpoint));
    options.set(CURLOPT_CONNECT_TO, outgoing.connect_to.get());
  }
  outgoing.url = named.origin() + endpoint.prefix + request.target;
  options.set_text(CURLOPT_URL, outgoing.url);
  options.set_if_given(CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_socket);
}

void load(Options& options, Outgoing& outgoing, const HttpRequest& request) {
  for (const std::string& line : request.headers) append(outgoing.headers, line);
  if (request.method == Method::post) {
    append(outgoing.headers, "Expect:");
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDS, request.body.data());
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == Method::remove) options.set(CURLOPT_CUSTOMREQUEST, "DELETE");
  if (request.once) {
    options.set(CURLOPT_FRESH_CONNECT, 1L);
    options.set(CURLOPT_CERTINFO, 1L);
  }
  options.set(CURLOPT_HTTPHEADER, outgoing.headers.get());
  options.set(CURLOPT_USERAGENT, "claude-auth-store/" CLAUDE_AUTH_VERSION);
}

void receive_into(Options& options, Arriving& arriving, char* detail) {
  *detail = '\0';
  options.set(CURLOPT_WRITEFUNCTION, &take_body);
  options.set(CURLOPT_WRITEDATA, &arriving);
  options.set(CURLOPT_HEADERFUNCTION, &take_header);
  options.set(CURLOPT_HEADERDATA, &arriving);
  options.set(CURLOPT_ERRORBUFFER, detail);
}

/// Connections, TLS sessions and addresses. Without locks: it is one thread's. Null where memory is
/// out.
Share make_share() {
  Share share(curl_share_init());
  for (const curl_lock_data what :
       {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_DNS}) {
    if (share && curl_share_setopt(share.get(), CURLSHOPT_SHARE, what) != CURLSHE_OK) share.reset();
  }
  return share;
}

void limit(Options& options, Deadline deadline) {
  const Millis left = std::clamp(deadline.remaining(), Millis{1}, Millis{INT_MAX});
  options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
}

}  // namespace

/// What outlives one exchange is shared. Its handle does not: where a server begins the headers of
/// a handle's second reply with a folded line, libcurl before 8.2 frees memory twice
/// (curl issue 11101).
struct HttpConnection::Curl {
  VaultSettings settings;
  Share share;
};

HttpConnection::HttpConnection(std::unique_ptr<Curl> curl) : curl_(std::move(curl)) {}
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;
HttpConnection::~HttpConnection() = default;

std::expected<HttpConnection, StoreError> HttpConnection::prepare(const VaultSettings& settings) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_SSL);
  auto curl = std::make_unique<Curl>();
  curl->settings = settings;
  if (initialised == CURLE_OK) curl->share = make_share();
  if (!curl->share) {
    return std::unexpected(StoreError{
        StoreErrorKind::misconfigured, "vault: libcurl cannot be initialised; reinstall it", {}});
  }
  return HttpConnection(std::move(curl));
}

std::expected<HttpReply, HttpFailure> HttpConnection::exchange(const HttpRequest& request,
                                                               Deadline deadline) {
  Arriving arriving;
  Outgoing outgoing;
  std::array<char, CURL_ERROR_SIZE> detail{};
  const Easy handle(curl_easy_init());
  CURL* const easy = handle.get();

  Options options(easy);
  options.set(CURLOPT_SHARE, curl_->share.get());
  restrict_transport(options);
  set_trust(options, curl_->settings);
  set_proxy(options, curl_->settings, request.endpoint);
  aim(options, outgoing, request, curl_->settings.tls_server_name);
  load(options, outgoing, request);
  receive_into(options, arriving, detail.data());
  limit(options, deadline);
  const CURLcode code = options.accepted() ? curl_easy_perform(easy) : CURLE_UNKNOWN_OPTION;
  if (code != CURLE_OK) {
    return std::unexpected(failure(code, detail.data(), arriving, request.endpoint));
  }

  HttpReply reply;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
  reply.location = arriving.location.only();
  reply.retry_after = retry_after_of(easy);
  reply.certificate_end = certificate_end_of(easy);
  reply.body = std::move(arriving.body);
  return reply;
}

}  // namespace claude_auth
