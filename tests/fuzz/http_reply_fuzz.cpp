// vault/http: the bytes of a whole HTTP reply, through libcurl and a unix socket.
#include "vault/http.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"
#include "fuzz/fuzz.h"
#include "unit/temporary_directory.h"
#include "vault/kv.h"

namespace claude_auth {
namespace {

/// Answers each connection with the bytes of the moment, and closes it.
class Server {
 public:
  Server() : path_(directory_ / "socket"), listening_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) ::abort();
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_.get(), 1) != 0) {
      ::abort();
    }
    thread_ = std::thread([this] { serve(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] Endpoint endpoint() const { return {false, "localhost", 80, "", path_}; }

  void answer_with(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ = bytes;
  }

 private:
  void serve() {
    for (;;) {
      const UniqueFd client(::accept(listening_.get(), nullptr, nullptr));
      if (client.get() < 0) return;
      std::array<char, 4096> request{};
      if (::recv(client.get(), request.data(), request.size(), 0) <= 0) continue;
      const std::lock_guard lock(mutex_);
      ::send(client.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
    }
  }

  test::TemporaryDirectory directory_;
  std::string path_;
  UniqueFd listening_;
  std::mutex mutex_;
  std::string bytes_;
  std::thread thread_;
};

}  // namespace

void fuzz::take(std::string_view input) {
  static Server server;
  static HttpConnection connection = *HttpConnection::prepare({});
  server.answer_with(input);
  const HttpRequest request{Method::get, server.endpoint(), "/v1/secret/data/test", {}, "", true};
  const auto reply = connection.exchange(request, Deadline::in(std::chrono::seconds(5)));
  if (!reply) return require_sentence(reply.error().error.sentence);
  require(reply->body.size() <= kMaxBody, "a body has a body's length");
  const Endpoint asked{true, "vault.example", 8200, "", ""};
  if (const auto redirect = follow_redirect(asked, reply->location, {}); !redirect)
    require_sentence(redirect.error());
  require(!reply->retry_after || (*reply->retry_after > Millis::zero() &&
                                  *reply->retry_after <= std::chrono::hours(24)),
          "a pause is in its range");
  if (const auto document = document_in(*reply, "secret/test"); !document)
    require_sentence(document.error().sentence);
}

}  // namespace claude_auth
