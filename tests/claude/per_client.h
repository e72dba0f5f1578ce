// CMocka tests that run once for each client, under names that say which.
#pragma once

#include <string>
#include <vector>

#include "real_client.h"

namespace claude_auth::testing {

/// A test that is given what it is run with as its state.
struct ClientCase {
  const char* name;
  void (*function)(void** state);
};

/// What a test program with the real client is given.
class ClientStage {
 public:
  /// Enters the private machine and finds the clients. Where either cannot be had, says why and
  /// leaves the process as skipped. main's arguments are the list of clients (find_clients) and,
  /// where only some cases are wanted, a pattern of their names with `*`.
  static ClientStage enter(int argc, char** argv);

  /// Enters the private machine only.
  static void enter_machine();

  /// Runs each of `cases` with each client. What main returns.
  int run(const std::vector<ClientCase>& cases);

  /// Where this user's home is.
  [[nodiscard]] static const std::string& home();

 private:
  explicit ClientStage(std::vector<RealClient> clients) : clients_(std::move(clients)) {}
  std::vector<RealClient> clients_;
};

/// The client of a test's state.
[[nodiscard]] inline const RealClient& client_of(void** state) {
  return *static_cast<const RealClient*>(*state);
}

}  // namespace claude_auth::testing
