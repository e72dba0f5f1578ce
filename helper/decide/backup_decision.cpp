#include "decide/backup_decision.h"

namespace claude_auth {

BackupVerdict decide_backup(const BackupSituation& now) {
  if (now.setup_token_in_force) return BackupVerdict::leave_setup_token;
  switch (now.document) {
    case DocumentLogin::none:
    case DocumentLogin::not_valid:
    case DocumentLogin::older:
      return BackupVerdict::write;
    case DocumentLogin::newer:
      return BackupVerdict::leave_newer;
    case DocumentLogin::same:
      break;
  }
  return now.stamp_is_a_day_old ? BackupVerdict::refresh_stamp : BackupVerdict::leave_unchanged;
}

}  // namespace claude_auth
