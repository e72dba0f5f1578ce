// The Vault double, or another handler, behind HTTP or HTTPS on loopback or a unix socket
// (libmicrohttpd), with scripted faults and a record of what was asked.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certificates.h"
#include "fault.h"
#include "vault_double.h"

namespace claude_auth::testing {

struct ServerOptions {
  std::string root_token = "root";
  unsigned short port = 0;                ///< 0: a free one
  std::string unix_socket{};              ///< instead of a port
  std::optional<Identity> tls{};          ///< the server's certificate
  std::string client_authority{};         ///< PEM: clients must show a certificate of it
  std::string tls_priorities = "NORMAL";  ///< GnuTLS priority string
  /// Answers in the Vault double's place; called by one thread at a time.
  std::function<Answer(const ApiRequest&)> handler{};
};

/// One request as it arrived. Header names in lower case.
struct SeenRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;

  /// Could it change anything? A token is looked up by POST, too.
  [[nodiscard]] bool is_write() const;
};

/// Runs until destroyed. Thread-safe.
class DoubleServer {
 public:
  /// Ends the process with a message where the server cannot be started: nothing can be tested
  /// then.
  explicit DoubleServer(ServerOptions options = {});
  ~DoubleServer();
  DoubleServer(const DoubleServer&) = delete;
  DoubleServer& operator=(const DoubleServer&) = delete;

  /// "http://127.0.0.1:PORT", "https://…" or "unix://…".
  [[nodiscard]] const std::string& address() const;
  [[nodiscard]] const std::string& root_token() const;

  void inject(Fault fault);
  void clear_faults();

  [[nodiscard]] std::vector<SeenRequest> requests() const;
  /// How many of them could change anything.
  [[nodiscard]] std::size_t writes() const;
  [[nodiscard]] std::size_t connections() const;
  void forget_requests();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace claude_auth::testing
