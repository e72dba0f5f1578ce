// What a run over many users says: a line for each of whom there is something to say, and a
// summary.
#pragma once

#include <cstddef>
#include <string>

#include "admin/progress_line.h"
#include "admin/user_line.h"

namespace claude_auth {

/// Exit status where nothing failed, but something is left that takes an admin's Vault token.
inline constexpr int kLeftToDo = 3;

/// Prints to standard output, line by line as it comes.
class RunReport {
 public:
  explicit RunReport(std::size_t users) : users_(users) {}

  void add(const std::string& user, const UserLine& line);
  /// A line about the whole run.
  void note(const std::string& sentence);

  /// The summary: "3 users: 2 unchanged, 1 changed, 0 failed". Returns the exit status: 1 where
  /// somebody failed, `kLeftToDo` where something is left, else 0.
  [[nodiscard]] int finish();

 private:
  std::size_t users_;
  std::size_t seen_ = 0;
  std::size_t unchanged_ = 0;
  std::size_t changed_ = 0;
  std::size_t left_ = 0;
  std::size_t failed_ = 0;
  ProgressLine progress_{"users"};
};

}  // namespace claude_auth
