// A user's home as Claude and our own code see it, made for one test.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/paths.h"
#include "claude/credentials.h"

namespace claude_auth::testing {

/// An empty home at a fixed path, removed with all that is in it.
class ClientHome {
 public:
  /// `path`: what the password database says (private_machine.h). There is nothing yet.
  explicit ClientHome(const std::string& path);
  ~ClientHome();
  ClientHome(const ClientHome&) = delete;
  ClientHome& operator=(const ClientHome&) = delete;

  [[nodiscard]] const UserId& user() const { return user_; }
  [[nodiscard]] const Paths& paths() const { return paths_; }

  /// For temporary files of the client's; outside of the home.
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

  /// Writes the credentials file as a log-in does, with a `mcpOAuth` beside the login.
  void write_login(const json_t& login) const;

  [[nodiscard]] CredentialsFile credentials() const;

  /// What a client or job that is started by this user has in its environment, besides `more`.
  [[nodiscard]] std::vector<std::string> environment(const std::vector<std::string>& more) const;

 private:
  UserId user_;
  Paths paths_;
  std::string temporary_;
};

}  // namespace claude_auth::testing
