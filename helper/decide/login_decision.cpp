#include "decide/login_decision.h"

namespace claude_auth {

LocalLogin classify(const LoginEvidence& evidence) {
  using File = LoginEvidence::File;
  switch (evidence.file) {
    case File::valid:
      return LocalLogin::valid;
    case File::malformed:
      return LocalLogin::malformed;
    case File::wiped:
      return LocalLogin::wiped;
    case File::no_login:
      // A first start leaves a .claude.json without an account too: only one who was logged in
      // can have logged out.
      return evidence.account_removed && evidence.seen_valid_before ? LocalLogin::logged_out
                                                                    : LocalLogin::lost;
    case File::unreadable:
      break;
  }
  return LocalLogin::unreadable;
}

bool needs_help(LocalLogin login) {
  switch (login) {
    case LocalLogin::malformed:
    case LocalLogin::wiped:
    case LocalLogin::lost:
      return true;
    case LocalLogin::valid:
    case LocalLogin::logged_out:
    case LocalLogin::unreadable:
      break;
  }
  return false;
}

LoginStep first_step(const LoginSituation& now) {
  if (!now.enrolled || now.paused) return LoginStep::done;
  if (now.token == TokenHere::usable)
    return now.fresh || now.failed_lately ? LoginStep::use_token : LoginStep::ask_store;
  if (now.failed_lately) return LoginStep::done;
  if (needs_help(now.login)) return LoginStep::ask_store_longer;
  // A stale copy over the live file looks healthy until Claude tries it and is logged out.
  const bool trusted = now.fresh && !now.superseded;
  return trusted ? LoginStep::done : LoginStep::ask_store;
}

TokenAction token_action(TokenInStore in_store, bool something_usable_here) {
  switch (in_store) {
    case TokenInStore::none:
    case TokenInStore::bad_shape:
    case TokenInStore::rejected:
      break;
    case TokenInStore::accepted:
      return TokenAction::materialize;
    case TokenInStore::untried:
      return something_usable_here ? TokenAction::keep : TokenAction::materialize;
  }
  return TokenAction::withdraw;
}

}  // namespace claude_auth
