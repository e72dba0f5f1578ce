// The rules of session_gate.h.
#include "pam_claude/session_gate.h"

namespace claude_auth {

const char* sentence(Verdict verdict) {
  switch (verdict) {
    case Verdict::act:
      return "acting";
    case Verdict::service_not_listed:
      return "the service is not in services=";
    case Verdict::service_skipped:
      return "the service is skipped";
    case Verdict::below_min_uid:
      return "the uid is below min_uid=";
    case Verdict::not_in_group:
      return "the user is not in only_group=";
    case Verdict::home_not_absolute:
      return "the home directory is not an absolute path";
  }
  return "skipped";
}

Verdict judge_service(const Options& options, std::string_view service) {
  if (!options.skip_services.empty() && list_has(options.skip_services, service)) {
    return Verdict::service_skipped;
  }
  if (!options.services.empty()) {
    return list_has(options.services, service) ? Verdict::act : Verdict::service_not_listed;
  }
  return list_has(kSkippedServices, service) ? Verdict::service_skipped : Verdict::act;
}

Verdict judge_user(const Options& options, uid_t uid, std::string_view home,
                   Membership membership) {
  if (uid < options.min_uid) return Verdict::below_min_uid;
  if (membership == Membership::outsider) return Verdict::not_in_group;
  if (!home.starts_with('/')) return Verdict::home_not_absolute;
  return Verdict::act;
}

bool may_speak(const Options& options, const Listener& listener) {
  if (options.quiet || listener.silent) return false;
  return listener.service == "sshd" || listener.terminal;
}

}  // namespace claude_auth
