// What stands where the configuration says that Vault is: a server with a fault of some kind, and
// behind it a store that works.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "double_server.h"
#include "raw_server.h"

namespace claude_auth::testing {

/// Answers as the store does.
using Behind = std::function<Answer(const ApiRequest&)>;

/// Asks the server of these settings, with one more header where `header` is not empty.
[[nodiscard]] Behind behind(const VaultSettings& settings, const std::string& header = {});

/// Where a front is set up.
struct Stage {
  Behind behind;
  std::string scratch;  ///< a directory
};

struct Front {
  std::string address{};
  std::string settings{};                      ///< more lines of the section [vault]
  std::vector<std::shared_ptr<void>> parts{};  ///< servers, alive as long as the front is
  /// What the front saw that must not be; empty where all was well.
  std::function<std::string()> complaint = [] { return std::string(); };
};

/// A server over HTTP, as good as the store behind it but for the faults.
[[nodiscard]] Front with_faults(const Stage& stage, const std::vector<Fault>& faults);

/// Every connection gets these bytes.
[[nodiscard]] Front with_bytes(const std::string& bytes);
[[nodiscard]] Front with_raw_answers(RawServer::Answer answer);

/// A server over TLS with a certificate that names `subject`, of an authority that the
/// configuration names.
[[nodiscard]] Front over_tls(const Stage& stage, const Subject& subject);
/// The same, of an authority that nobody named.
[[nodiscard]] Front over_tls_of_nobody(const Stage& stage);
/// The same, speaking what the GnuTLS priority string says.
[[nodiscard]] Front over_old_tls(const Stage& stage, const std::string& priorities);
/// The same, for clients with a certificate only.
[[nodiscard]] Front over_mutual_tls(const Stage& stage);
/// One that speaks TLS where HTTP is expected, and the other way round.
[[nodiscard]] Front tls_at_http(const Stage& stage);
[[nodiscard]] Front http_at_https(const Stage& stage);

/// A standby over TLS that answers `status` with the address of another server, over TLS as well.
enum class Target {
  allowed,     ///< one that `redirect_hosts` names
  foreign,     ///< one that nothing names: it must not be asked
  unencrypted  ///< one over HTTP: it must not be asked
};
[[nodiscard]] Front redirecting(const Stage& stage, unsigned status, Target target);
/// One that redirects to itself, for ever.
[[nodiscard]] Front redirecting_to_itself(const Stage& stage);

/// Nobody listens there.
[[nodiscard]] Front refusing();
/// A connection is neither accepted nor refused.
[[nodiscard]] Front black_hole();
/// The server's name has an IPv6 address that is a black hole; `and_ipv4`: and one where it is.
enum class Ipv4 { none, works };
[[nodiscard]] Front ipv6_black_hole(const Stage& stage, Ipv4 and_ipv4);
/// The server's name is asked of a name server that never answers.
[[nodiscard]] Front hanging_name_server(const Stage& stage);
/// The server's name is in no file, and there is no name server.
[[nodiscard]] Front unknown_name(const Stage& stage);

/// The server is reached by a unix socket.
[[nodiscard]] Front at_unix_socket(const Stage& stage);
/// A socket of which nothing is left but its name.
[[nodiscard]] Front at_dead_unix_socket(const Stage& stage);

/// Before each of the first `times` writes somebody else writes the document.
[[nodiscard]] Front with_other_writers(const Stage& stage, int times);

/// An interim reply before each answer.
[[nodiscard]] Front with_early_hints(const Stage& stage);

}  // namespace claude_auth::testing
