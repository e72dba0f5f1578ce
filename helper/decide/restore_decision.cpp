#include "decide/restore_decision.h"

namespace claude_auth {
namespace {

using Verdict = RestoreVerdict;

// Why the document cannot be taken, or `restore`.
Verdict judge_document(const RestoreSituation& now) {
  switch (now.document) {
    case RestoreSituation::Document::none:
      return Verdict::no_document;
    case RestoreSituation::Document::not_valid:
      return Verdict::document_not_valid;
    case RestoreSituation::Document::valid:
      break;
  }
  if (now.foreign_host) return Verdict::document_foreign;
  if (now.document_dead && (now.dead_restored_before || !now.access_token_lasts))
    return Verdict::document_dead;
  return Verdict::restore;
}

}  // namespace

RestoreVerdict decide_restore(const RestoreSituation& now) {
  if (now.setup_token_in_force) return Verdict::leave_setup_token;
  switch (now.login) {
    case LocalLogin::unreadable:
      return Verdict::leave_unreadable;
    case LocalLogin::logged_out:
      if (now.by == RestoreSituation::By::machine) return Verdict::leave_logged_out;
      break;
    case LocalLogin::valid:
      if (now.document != RestoreSituation::Document::valid) return Verdict::leave_local_lives;
      if (now.age == DocumentAge::same) return Verdict::leave_same;
      if (now.age != DocumentAge::local_is_stale && !now.inference_rejected_local)
        return Verdict::leave_local_lives;
      break;
    case LocalLogin::malformed:
    case LocalLogin::wiped:
    case LocalLogin::lost:
      break;
  }
  return judge_document(now);
}

bool needs_person(RestoreVerdict verdict, LocalLogin login) {
  if (!needs_help(login)) return false;
  switch (verdict) {
    case Verdict::no_document:
    case Verdict::document_not_valid:
    case Verdict::document_foreign:
    case Verdict::document_dead:
      return true;
    case Verdict::restore:
    case Verdict::leave_local_lives:
    case Verdict::leave_same:
    case Verdict::leave_logged_out:
    case Verdict::leave_setup_token:
    case Verdict::leave_unreadable:
      break;
  }
  return false;
}

}  // namespace claude_auth
