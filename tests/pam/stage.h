// A host for the built module: a PAM stack in a temporary directory, a fake helper beside it, and
// ears for what the module says and logs. Nothing of the system's PAM configuration is read.
#pragma once

#include <security/pam_appl.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace claude_auth::test {

/// One line given to pam_syslog(3), which this library has in place of libpam's.
struct LogLine {
  int level;
  std::string text;
};

/// What one open_session left behind.
struct Opened {
  int result = PAM_SYSTEM_ERR;
  std::optional<std::string> token;  ///< CLAUDE_CODE_OAUTH_TOKEN of the session; may be empty
  std::vector<std::string> told;     ///< the texts of PAM_TEXT_INFO
  std::vector<LogLine> log;
  std::chrono::milliseconds took{};

  [[nodiscard]] bool logged(int level, std::string_view part) const;
};

/// An open PAM handle.
class Host {
 public:
  Host(const std::string& directory, const char* service, const char* user);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  [[nodiscard]] pam_handle_t* handle() { return handle_; }
  Opened open_session(int flags = 0);
  int close_session(int flags = 0);

 private:
  std::vector<std::string> told_;
  pam_conv conversation_;
  pam_handle_t* handle_ = nullptr;
};

/// The temporary directory with a helper and a stack in it.
class Stage {
 public:
  Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  /// The fake helper: a shell script, or a program. `$stage` in a script is the directory.
  void helper_script(std::string_view body) const;
  void helper_program(const std::string& program) const;
  [[nodiscard]] std::string helper() const { return path("helper"); }
  [[nodiscard]] std::string path(std::string_view name) const;
  void write(std::string_view name, std::string_view text) const;
  [[nodiscard]] std::string content(std::string_view name) const;

  /// What follows `word` and a blank in those lines of helper_probe's dump that start with it.
  [[nodiscard]] std::vector<std::string> dumped(std::string_view word) const;

  /// Writes the stack of `service`: the module once for each of `lines`, with the helper, a
  /// min_uid of 0, and the arguments of the line.
  void stack(const char* service, const std::vector<std::string>& lines) const;

  /// One session of this process's own user under `service`.
  [[nodiscard]] Opened open(std::string_view options = "", const char* service = "sshd",
                            int flags = 0) const;

 private:
  std::string directory_;
};

/// The name of the user that this process is.
[[nodiscard]] std::string own_name();

}  // namespace claude_auth::test
