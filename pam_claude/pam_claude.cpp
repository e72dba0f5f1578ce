// The PAM session module: starts `claude-auth-sync login` as the user, hands its one variable to
// the session and tells the person what only a person can do. Built without exceptions, so none
// can leave the entry points.
#include <security/pam_appl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <span>

#include "pam_claude/identity.h"
#include "pam_claude/invocation.h"
#include "pam_claude/log.h"
#include "pam_claude/login_pipe.h"
#include "pam_claude/login_reply.h"
#include "pam_claude/monotonic.h"
#include "pam_claude/notice.h"
#include "pam_claude/options.h"
#include "pam_claude/run_helper.h"
#include "pam_claude/session_gate.h"
#include "pam_claude/session_variable.h"

namespace claude_auth {
namespace {

/// The PAM data item that marks an open session.
constexpr char kMarker[] = "pam_claude_opened";

/// For the log, and for strings(1) of the file.
constexpr char kVersion[] = "pam_claude " CLAUDE_AUTH_VERSION;

struct Session {
  pam_handle_t* pamh;
  const char* user;     ///< null where the host named none
  const char* service;  ///< empty where the host named none
  const Log& log;
  const Options& options;
};

const char* text_item(const pam_handle_t* pamh, int item) {
  const void* text = nullptr;
  if (::pam_get_item(pamh, item, &text) != PAM_SUCCESS) return nullptr;
  return static_cast<const char*>(text);
}

Options read_options(std::span<const char*> arguments, const Log& log) {
  Options options;
  for (const char* argument : arguments) {
    const auto applied = apply_option(options, argument);
    if (!applied) log.line(LOG_ERR, "option '%s' %s", argument, sentence(applied.error()));
  }
  return options;
}

/// True from the second time on: a stack may name the module twice (su-l includes su).
bool opened_before(pam_handle_t* pamh) {
  static constexpr char kOpened[] = "";
  const void* marker = nullptr;
  if (::pam_get_data(pamh, kMarker, &marker) == PAM_SUCCESS && marker != nullptr) return true;
  // Without a cleanup function, which would run in forked children of the host as well.
  (void)::pam_set_data(pamh, kMarker, const_cast<char*>(kOpened), nullptr);
  return false;
}

void debug(const Session& session, Verdict verdict) {
  if (session.options.debug) session.log.line(LOG_DEBUG, "nothing done: %s", sentence(verdict));
}

Membership membership(const Session& session) {
  if (session.options.only_group == nullptr) return Membership::not_asked;
  return ::pam_modutil_user_in_group_nam_nam(session.pamh, session.user,
                                             session.options.only_group) == 1
             ? Membership::member
             : Membership::outsider;
}

int log_level(int error) {
  switch (error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return LOG_CRIT;
    case ENOENT:
    case EACCES:
    case ENOEXEC:
      return LOG_ALERT;
    default:
      return LOG_ERR;
  }
}

int not_run(const Session& session, const StartFailure& failure) {
  session.log.line(log_level(failure.error), "helper %s %s: %s", session.options.helper,
                   failure.what, ::strerrordesc_np(failure.error));
  return PAM_SESSION_ERR;
}

void log_ending(const Log& log, const Ending& ending) {
  switch (ending.how) {
    case Ending::How::exited:
      if (ending.value != 0) log.line(LOG_WARNING, "helper failed with status %d", ending.value);
      break;
    case Ending::How::killed:
      log.line(LOG_WARNING, "helper was killed by signal %d", ending.value);
      break;
    case Ending::How::deadline:
      log.line(LOG_WARNING, "helper passed its deadline and was stopped");
      break;
    case Ending::How::lost:
      log.line(LOG_WARNING, "helper ended out of sight");
      break;
  }
}

/// Runs the helper for a user who is to have one.
int run_for(const Session& session, const passwd& account, LoginReply& reply) {
  const MonoTime start = monotonic_now();
  const auto identity = Identity::of(account);
  if (!identity) return not_run(session, {"cannot become the user", identity.error()});
  const Invocation invocation(session.options, account);
  if (!invocation.fits()) return not_run(session, {"cannot be told the home", ENAMETOOLONG});
  const Patience patience{session.options.first_deadline(), session.options.timeout};
  const auto ending = run_helper(*identity, invocation, patience, reply);
  if (!ending) return not_run(session, ending.error());
  log_ending(session.log, *ending);
  if (reply.over()) session.log.line(LOG_WARNING, "helper broke the protocol and was cut off");
  if (session.options.debug) {
    const std::chrono::duration<double, std::milli> took = monotonic_now() - start;
    session.log.line(LOG_DEBUG, "helper took %.1f ms", took.count());
  }
  return PAM_SUCCESS;
}

int ask_helper(const Session& session, LoginReply& reply) {
  const passwd* const account =
      session.user != nullptr ? ::pam_modutil_getpwnam(session.pamh, session.user) : nullptr;
  if (account == nullptr) {
    session.log.line(LOG_ERR, "has no account here");
    return PAM_SESSION_ERR;
  }
  const Verdict verdict =
      judge_user(session.options, account->pw_uid, account->pw_dir, membership(session));
  if (verdict == Verdict::act) return run_for(session, *account, reply);
  if (verdict == Verdict::home_not_absolute) {
    session.log.line(LOG_WARNING, "nothing done: %s", sentence(verdict));
  } else {
    debug(session, verdict);
  }
  return PAM_SUCCESS;
}

/// An identity never crosses users: what the helper did not give must not be inherited either.
void settle_variable(const Session& session, const LoginReply& reply) {
  const bool has_token = !reply.token().empty() && !session.options.no_env;
  const bool settled =
      has_token ? export_token(session.pamh, reply.token()) : blank_inherited_token(session.pamh);
  if (!settled) session.log.line(LOG_CRIT, "cannot set %s", login_pipe::kVariable);
}

/// Both ways: PAM conversations print to standard output, which may be a file or a pipe.
bool at_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

void tell_person(const Session& session, const LoginReply& reply, int flags) {
  const bool silent = (static_cast<unsigned>(flags) & PAM_SILENT) != 0;
  const Listener listener{session.service, silent, at_terminal()};
  if (!may_speak(session.options, listener)) return;
  for (const login_pipe::Notice notice : kNotices) {
    const auto days = reply.days_of(notice);
    if (!days) continue;
    const NoticeText text = compose(notice, *days, session.options.login_command);
    (void)::pam_prompt(session.pamh, PAM_TEXT_INFO, nullptr, "%s", text.data());
  }
}

int open_session(pam_handle_t* pamh, int flags, std::span<const char*> arguments) {
  const char* const user = text_item(pamh, PAM_USER);
  const char* const service = text_item(pamh, PAM_SERVICE);
  const Log log(pamh, user);
  const Options options = read_options(arguments, log);
  const Session session{pamh, user, service != nullptr ? service : "", log, options};

  const Verdict verdict = judge_service(options, session.service);
  if (verdict != Verdict::act) {
    debug(session, verdict);
    return PAM_SUCCESS;
  }
  if (opened_before(pamh)) return PAM_SUCCESS;
  if (options.debug) log.line(LOG_DEBUG, "%s", kVersion);

  LoginReply reply;
  const int result = ask_helper(session, reply);
  settle_variable(session, reply);
  tell_person(session, reply, flags);
  return result;
}

}  // namespace
}  // namespace claude_auth

extern "C" {

// Without their own visibility the version script would have nothing to export.
[[gnu::visibility("default")]] int pam_sm_open_session(pam_handle_t* pamh, int flags, int argc,
                                                       const char** argv) {
  return claude_auth::open_session(pamh, flags, {argv, static_cast<std::size_t>(argc)});
}

[[gnu::visibility("default")]] int pam_sm_close_session(pam_handle_t* pamh, int /*flags*/,
                                                        int /*argc*/, const char** /*argv*/) {
  // A host may open another session on the same handle.
  (void)::pam_set_data(pamh, claude_auth::kMarker, nullptr, nullptr);
  return PAM_SUCCESS;
}

}  // extern "C"
