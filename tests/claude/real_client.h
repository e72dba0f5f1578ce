// The real `claude`: which ones this machine has, and how a test runs one.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/child.h"

namespace claude_auth::testing {

struct RealClient {
  std::string path;
  std::string version;  ///< "2.1.330"
};

/// The clients that `find_clients` wrote down in `list`, each asked for its version. Error: why
/// there is none.
[[nodiscard]] std::expected<std::vector<RealClient>, std::string> clients_in(
    const std::string& list);

/// Runs `client` to its end, as a person would with these arguments.
[[nodiscard]] Finished run_client(const RealClient& client,
                                  const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment, Millis limit);

/// An agent: one client that lives on and is sent one message after the other.
class ClientSession {
 public:
  /// Ends the test program where the client cannot be started.
  ClientSession(const RealClient& client, std::vector<std::string> environment);

  /// Sends a message and waits for its result: the reply, or what the client says went wrong.
  /// Nothing where the client has ended or says nothing within `limit`.
  [[nodiscard]] std::optional<std::string> ask(Millis limit);

 private:
  std::optional<std::string> next_line(Deadline deadline);

  UniqueFd input_;
  UniqueFd output_;
  std::string pending_;
  std::optional<Child> child_;
};

}  // namespace claude_auth::testing
