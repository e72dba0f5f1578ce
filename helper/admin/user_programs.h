// The users' own programs, as one run of the admin's starts them: with a patience that many who
// hang can use up, but not for those after them.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.h"

namespace claude_auth {

class UserPrograms {
 public:
  explicit UserPrograms(Host& host) : host_(host) {}

  /// As Host::run_as, for as long as `user_patience` gives this user.
  std::expected<Finished, std::string> run(const HostUser& user, std::vector<std::string> arguments,
                                           std::string_view input = {});

  /// How many had to be ended.
  [[nodiscard]] int hung() const { return hung_; }

 private:
  Host& host_;
  int hung_ = 0;
};

}  // namespace claude_auth
