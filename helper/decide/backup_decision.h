// Whether the local login goes into the store (DESIGN rule 3). Pure.
#pragma once

namespace claude_auth {

/// The document's login, seen from the valid local one.
enum class DocumentLogin {
  none,       ///< no document, or one without a login
  not_valid,  ///< a field that is no valid login: nothing is lost by replacing it
  same,       ///< the same generation
  older,      ///< the local one is newer
  newer,      ///< the local one is a stale copy
};

/// The local login is valid: nothing else is ever backed up.
struct BackupSituation {
  bool setup_token_in_force = false;
  DocumentLogin document = DocumentLogin::none;
  bool stamp_is_a_day_old = false;  ///< backed_up_at was written more than 24 h ago
};

enum class BackupVerdict {
  write,              ///< the login, its expiry, the stamp
  refresh_stamp,      ///< the same login: say that it is still backed up, once a day
  leave_unchanged,    ///< nothing changed: write nothing
  leave_setup_token,  ///< rule 2: the rotating login is not backed up
  leave_newer,        ///< the store has a newer generation
};

[[nodiscard]] BackupVerdict decide_backup(const BackupSituation& situation);

}  // namespace claude_auth
