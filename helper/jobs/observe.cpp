#include "jobs/observe.h"

namespace claude_auth {
namespace {

LoginEvidence::File evidence_of(CredentialsContent content) {
  using File = LoginEvidence::File;
  switch (content) {
    case CredentialsContent::absent:
    case CredentialsContent::no_login:
      return File::no_login;
    case CredentialsContent::valid:
      return File::valid;
    case CredentialsContent::wiped:
      return File::wiped;
    case CredentialsContent::malformed:
      return File::malformed;
    case CredentialsContent::unreadable:
      break;
  }
  return File::unreadable;
}

}  // namespace

Observation observe(const Context& context, const GenerationHistory& history) {
  Observation seen;
  seen.file = read_credentials(context.paths.credentials, context.user.uid);
  LoginEvidence evidence{.file = evidence_of(seen.file.content),
                         .seen_valid_before = history.any_seen()};
  // The account record may be megabytes: read only where it decides.
  if (evidence.file == LoginEvidence::File::no_login && evidence.seen_valid_before)
    seen.account = read_account_record(context.paths.claude_json, context.user.uid);
  evidence.account_removed = seen.account == AccountRecord::removed;
  seen.login = classify(evidence);
  if (const json_t* login = seen.file.login()) seen.generation = generation_of(*login);
  return seen;
}

bool remember(const Observation& observation, GenerationHistory& history) {
  if (observation.generation) return history.see(*observation.generation);
  return observation.login == LocalLogin::wiped && history.mark_last_seen_dead();
}

void remember_if_still_here(const Context& context, const Observation& observation,
                            GenerationHistory& history) {
  const Observation now = observe(context, history);
  const bool same_login = !now.generation || !observation.generation ||
                          now.generation->hash == observation.generation->hash;
  if (now.login == observation.login && same_login) remember(observation, history);
}

const char* name_of(LocalLogin login) {
  switch (login) {
    case LocalLogin::valid:
      return "valid";
    case LocalLogin::malformed:
      return "malformed";
    case LocalLogin::wiped:
      return "wiped";
    case LocalLogin::logged_out:
      return "logged out";
    case LocalLogin::lost:
      return "lost";
    case LocalLogin::unreadable:
      break;
  }
  return "unreadable";
}

}  // namespace claude_auth
