// The module's lines in the system log.
#pragma once

#include <security/pam_modules.h>

#include <array>

namespace claude_auth {

/// Writes by pam_syslog(3). Every line starts with `user=NAME`, and control characters in it,
/// whoever put them there, become '?'.
class Log {
 public:
  /// `user` may be null. `pamh` must outlive the log.
  Log(const pam_handle_t* pamh, const char* user);

  /// One line of at most 511 bytes; `level` is one of syslog(3).
  [[gnu::format(printf, 3, 4)]] void line(int level, const char* format, ...) const;

 private:
  const pam_handle_t* pamh_;
  std::array<char, 64> user_{};
};

}  // namespace claude_auth
