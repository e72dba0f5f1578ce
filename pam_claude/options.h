// The arguments of the module's line in /etc/pam.d. Pure: argv in, settings and complaints out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <string_view>

namespace claude_auth {

/// What the admin asked for. Strings point into the PAM line, which outlives the call.
struct Options {
  const char* helper = CLAUDE_AUTH_HELPER;         ///< absolute path
  std::chrono::milliseconds timeout{5000};         ///< in total, once the helper said `W`
  std::chrono::milliseconds refresh_timeout{700};  ///< until then
  uid_t min_uid = 1000;
  std::string_view services;       ///< comma-separated; given: these and no others
  std::string_view skip_services;  ///< comma-separated; in addition to the built-in list
  const char* only_group = nullptr;
  const char* login_command = "claude auth login --claudeai --sso";
  bool no_env = false;
  bool quiet = false;
  bool debug = false;

  /// `refresh_timeout`, or `timeout` where that is the shorter one.
  [[nodiscard]] std::chrono::milliseconds first_deadline() const;
};

/// What is wrong with one argument.
enum class Complaint {
  unknown,        ///< no such option
  not_a_flag,     ///< a value where the option has none
  not_absolute,   ///< helper= without a leading slash
  not_millis,     ///< not a whole number from 1 to 60000
  not_a_uid,      ///< not a whole number below 2^32 - 1
  not_a_list,     ///< an empty list, or an empty name in it
  not_a_name,     ///< only_group= without a name
  not_printable,  ///< login_command= empty, over 200 bytes, or with bytes outside printable ASCII
};

/// The rest of a sentence that starts with the argument.
[[nodiscard]] const char* sentence(Complaint complaint);

/// Applies one argument of the PAM line. On a complaint `options` is unchanged.
[[nodiscard]] std::expected<void, Complaint> apply_option(Options& options, const char* argument);

/// Whether `name` stands in the comma-separated `list`.
[[nodiscard]] bool list_has(std::string_view list, std::string_view name);

}  // namespace claude_auth
