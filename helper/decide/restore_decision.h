// Whether the store's login replaces the local one (DESIGN rules 4, 6, 7). Pure.
#pragma once

#include "decide/login_decision.h"

namespace claude_auth {

/// How the document's generation stands to the valid local one.
enum class DocumentAge {
  same,
  local_is_stale,  ///< both were seen here, the local one first: a stale copy over the live file
  unrelated,       ///< anything else; also where nothing valid is local
};

struct RestoreSituation {
  LocalLogin login = LocalLogin::lost;
  enum class Document { none, not_valid, valid } document = Document::none;
  bool foreign_host = false;          ///< another host's document, and no leave to take it
  bool setup_token_in_force = false;  ///< rule 2: then nothing is restored
  DocumentAge age = DocumentAge::unrelated;
  bool document_dead = false;  ///< its generation was found wiped here
  bool dead_restored_before = false;
  bool access_token_lasts = false;        ///< more than 10 minutes of it are left
  bool inference_rejected_local = false;  ///< real inference has just refused the local login
  enum class By { machine, person } by = By::machine;
};

/// What happens, and why: each value has one sentence in the log.
enum class RestoreVerdict {
  restore,            ///< replace what is there
  leave_local_lives,  ///< a valid login is there and nothing speaks against it
  leave_same,         ///< the same generation
  leave_logged_out,   ///< the person logged out (rule 7)
  leave_setup_token,  ///< a setup token is in force (rule 2)
  leave_unreadable,   ///< what is there proves nothing (rule 1)
  no_document,
  document_not_valid,
  document_foreign,  ///< another host's login (rule 6)
  document_dead,     ///< it was wiped here before (rule 4)
};

[[nodiscard]] RestoreVerdict decide_restore(const RestoreSituation& situation);

/// No machine can bring the login back: the person has to log in.
[[nodiscard]] bool needs_person(RestoreVerdict verdict, LocalLogin login);

}  // namespace claude_auth
