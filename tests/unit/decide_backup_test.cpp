// helper/decide/backup_decision: what goes into the store.
#include "decide/backup_decision.h"

#include "table.h"

namespace claude_auth {
namespace {

using Verdict = BackupVerdict;

void every_backup_has_its_verdict(void**) {
  constexpr test::Row<BackupSituation, Verdict> kRows[] = {
      {"no login in the store", {.document = DocumentLogin::none}, Verdict::write},
      {"no valid login in the store", {.document = DocumentLogin::not_valid}, Verdict::write},
      {"an older login in the store", {.document = DocumentLogin::older}, Verdict::write},
      {"an older login, stamped today or not",
       {.document = DocumentLogin::older, .stamp_is_a_day_old = true},
       Verdict::write},
      {"a newer login in the store", {.document = DocumentLogin::newer}, Verdict::leave_newer},
      {"a newer login, whatever its stamp",
       {.document = DocumentLogin::newer, .stamp_is_a_day_old = true},
       Verdict::leave_newer},
      {"the same, stamped lately", {.document = DocumentLogin::same}, Verdict::leave_unchanged},
      {"the same, stamped a day ago",
       {.document = DocumentLogin::same, .stamp_is_a_day_old = true},
       Verdict::refresh_stamp},
      {"a setup token in force",
       {.setup_token_in_force = true, .document = DocumentLogin::older},
       Verdict::leave_setup_token},
  };
  test::every_row_holds(kRows, decide_backup);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {cmocka_unit_test(every_backup_has_its_verdict)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
