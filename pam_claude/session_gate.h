// Whether the module acts for a session, and whether it may speak. Pure.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "pam_claude/options.h"

namespace claude_auth {

/// Act, or the reason not to.
enum class Verdict {
  act,
  service_not_listed,  ///< services= is given and does not name it
  service_skipped,     ///< skip_services= or the built-in list names it
  below_min_uid,
  not_in_group,       ///< only_group= is given
  home_not_absolute,  ///< the account has no home, or a relative one
};

[[nodiscard]] const char* sentence(Verdict verdict);

/// Services that are skipped unless services= names them: jobs without a person (cron, crond,
/// atd), one command under another name (sudo, sudo-i, doas, systemd-run0, polkit-1), root's
/// scripts (runuser, runuser-l), and the user's service manager, which has the env file
/// (systemd-user).
inline constexpr std::string_view kSkippedServices =
    "cron,crond,atd,sudo,sudo-i,doas,systemd-run0,polkit-1,runuser,runuser-l,systemd-user";

/// The first question, asked before the user is looked up.
[[nodiscard]] Verdict judge_service(const Options& options, std::string_view service);

/// Whether the user is in `only_group`.
enum class Membership { not_asked, member, outsider };

/// The second one. `home` is that of the account database.
[[nodiscard]] Verdict judge_user(const Options& options, uid_t uid, std::string_view home,
                                 Membership membership);

/// Where a notice would be heard.
struct Listener {
  std::string_view service;
  bool silent;    ///< the host gave PAM_SILENT
  bool terminal;  ///< standard input and output are one
};

/// sshd shows a message only where the session has a terminal, so it may always be told. Any
/// other host prints it at once, into the middle of a pipe where there is one.
[[nodiscard]] bool may_speak(const Options& options, const Listener& listener);

}  // namespace claude_auth
