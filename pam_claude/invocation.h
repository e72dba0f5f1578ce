// The helper's command line and environment, made in the host before the fork, from nothing.
#pragma once

#include <limits.h>
#include <pwd.h>

#include <array>

#include "pam_claude/options.h"

namespace claude_auth {

/// argv and envp of `claude-auth-sync login --pam`. They point into the object, which therefore
/// stays where it is.
class Invocation {
 public:
  Invocation(const Options& options, const passwd& account);
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  /// False where the name or the home of the account is too long to be passed on.
  [[nodiscard]] bool fits() const { return fits_; }

  [[nodiscard]] const char* path() const { return path_; }
  [[nodiscard]] char* const* arguments() const { return arguments_.data(); }
  [[nodiscard]] char* const* environment() const { return environment_.data(); }

 private:
  const char* path_;
  bool fits_ = false;
  std::array<char, sizeof "--timeout=" + 20> timeout_{};
  std::array<char, sizeof "--refresh-timeout=" + 20> refresh_timeout_{};
  std::array<char, sizeof "HOME=" + PATH_MAX> home_{};
  std::array<char, sizeof "USER=" + LOGIN_NAME_MAX> user_{};
  std::array<char, sizeof "LOGNAME=" + LOGIN_NAME_MAX> logname_{};
  std::array<char*, 7> arguments_{};
  std::array<char*, 6> environment_{};
};

}  // namespace claude_auth
