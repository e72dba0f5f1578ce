// helper/admin/user_report: what is believed of a user's own word, and what never is.
#include "admin/user_report.h"

#include <string>

#include "cmocka_cpp.h"
#include "unit/table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;

UserReport report_in(const std::string& members) {
  auto report = parse_user_report(R"({"format":1,)" + members + "}");
  if (!report) fail_msg("%s", report.error().c_str());
  return std::move(*report);
}

constexpr char kHonest[] = R"("user":"emo","host":"devbox","store":"vault","enrolled":true,
  "paused":false,"mode":"setup_token",
  "login":{"state":"wiped","login_expires_at":1800000000,"rejected":true},
  "backup":{"state":"valid","at":1799990000,"by":"devbox","other_host":false},
  "setup_token":{"state":"untried","expires_at":1830000000},
  "vault_token":{"state":"ours","expires_at":1802000000},
  "last":{"status":"RECOVERED","reason":"login healed","at":1799999000},
  "last_success_at":1799999001,"heals":4,"restores":2)";

void an_honest_report_is_taken_whole(void**) {
  const UserReport report = report_in(kHonest);
  assert_true(report.enrolled && !report.paused && report.on_setup_token);
  assert_true(report.login == LocalLogin::wiped);
  assert_true(report.login_expires == Instant(std::chrono::seconds(1'800'000'000)));
  assert_true(report.login_rejected);
  assert_true(report.backup == BackupSeen::valid);
  assert_true(report.backed_up_at == Instant(std::chrono::seconds(1'799'990'000)));
  assert_string_equal(report.backed_up_by.c_str(), "devbox");
  assert_true(report.setup_token == SetupTokenSeen::in_force);
  assert_true(report.setup_token_expires == Instant(std::chrono::seconds(1'830'000'000)));
  assert_true(report.vault_token == VaultTokenSeen::ours);
  assert_true(report.vault_token_expires == Instant(std::chrono::seconds(1'802'000'000)));
  assert_true(report.last_status == Status::recovered);
  assert_string_equal(report.last_reason.c_str(), "login healed");
  assert_true(report.last_at == Instant(std::chrono::seconds(1'799'999'000)));
  assert_true(report.last_success == Instant(std::chrono::seconds(1'799'999'001)));
  assert_true(report.heals == 4U && report.restores == 2U);
}

void what_is_absent_is_unknown(void**) {
  const UserReport report = report_in(R"("user":"emo")");
  assert_false(report.enrolled || report.paused || report.on_setup_token);
  assert_false(report.login || report.login_expires || report.backed_up_at || report.last_status ||
               report.last_at || report.last_success || report.heals || report.restores);
  assert_true(report.backup == BackupSeen::unknown);
  assert_true(report.setup_token == SetupTokenSeen::unknown);
  assert_true(report.vault_token == VaultTokenSeen::unknown);
}

void another_hosts_backup_is_told(void**) {
  const UserReport report =
      report_in(R"("backup":{"state":"valid","by":"other","other_host":true})");
  assert_true(report.backup == BackupSeen::other_host);
}

void wrong_types_are_as_good_as_nothing(void**) {
  const UserReport report = report_in(
      R"("enrolled":"yes","paused":1,"mode":["setup_token"],"login":"valid",
         "backup":{"state":7,"at":"1800000000","by":{"a":"b"},"other_host":"true"},
         "setup_token":[{"state":"none"}],"vault_token":null,
         "last":{"status":{"status":"OK"},"reason":42,"at":1.5e9},
         "last_success_at":true,"heals":"4","restores":2.5)");
  assert_false(report.enrolled || report.paused || report.on_setup_token);
  assert_false(report.login || report.backed_up_at || report.last_status || report.last_at ||
               report.last_success || report.heals || report.restores);
  assert_true(report.backed_up_by.empty() && report.last_reason.empty());
  assert_true(report.backup == BackupSeen::unknown);
}

void impossible_numbers_are_nothing(void**) {
  const Row<std::string, bool> rows[] = {
      {"before the epoch", "-1", false},
      {"the epoch, which nobody means", "0", false},
      {"the last second of 9999", "253402300799", true},
      {"the year 10000", "253402300800", false},
      {"what overflows in milliseconds", "9223372036854775807", false},
      {"the least there is", "-9223372036854775808", false},
  };
  every_row_holds(rows, [](const std::string& number) {
    return report_in(R"("last_success_at":)" + number).last_success.has_value();
  });
}

void counts_are_what_a_double_counts(void**) {
  assert_true(report_in(R"("heals":9007199254740992)").heals.has_value());
  assert_false(report_in(R"("heals":9007199254740993)").heals.has_value());
  assert_false(report_in(R"("heals":-1)").heals.has_value());
}

void no_text_can_leave_its_line_or_colour_the_terminal(void**) {
  const UserReport report = report_in(
      R"("last":{"status":"FAIL","reason":"\u001b[2J\u001b]0;mine\u0007\r\nroot OK\u0000\u202e\u0430"},
         "login":{"state":"unreadable","problem":"\u009b31m\u007f"},
         "backup":{"by":"box\u001b[31m"},"problem":"a\tb")");
  for (const std::string& text :
       {report.last_reason, report.login_problem, report.backed_up_by, report.problem}) {
    assert_false(text.empty());
    for (const char byte : text) assert_true(byte >= ' ' && byte <= '~');
  }
}

void texts_are_cut(void**) {
  const UserReport report =
      report_in(R"("last":{"status":"OK","reason":")" + std::string(9'000, 'x') + "\"}");
  assert_int_equal(report.last_reason.size(), 500);
}

void what_is_no_report_is_refused(void**) {
  const Row<std::string, bool> rows[] = {
      {"a report", R"({"format":1})", true},
      {"nothing", "", false},
      {"a line of text", "OK all is well\n", false},
      {"an array", R"([{"format":1}])", false},
      {"two objects", R"({"format":1}{"format":1})", false},
      {"cut off", R"({"format":1,"login":{)", false},
      {"not a number", R"({"format":1,"heals":NaN})", false},
      {"infinity", R"({"format":1,"heals":1e999})", false},
      {"a member twice", R"({"format":1,"heals":1,"heals":2})", false},
      {"no UTF-8", "{\"format\":1,\"user\":\"\xff\xfe\"}", false},
      {"no format", R"({"user":"emo"})", false},
      {"a later format", R"({"format":2})", false},
      {"the format as text", R"({"format":"1"})", false},
      {"deeper than any parser should go", R"({"format":1,"a":)" + std::string(8'000, '['), false},
      {"nested, and of no interest", R"({"format":1,"a":[[[[[[{"b":[[]]}]]]]]]})", true},
      {"1 MiB", R"({"format":1,"user":")" + std::string(1 << 20, 'x') + "\"}", false},
  };
  every_row_holds(rows,
                  [](const std::string& text) { return parse_user_report(text).has_value(); });
}

void a_refusal_repeats_nothing(void**) {
  const auto refused = parse_user_report("hunter2 \033[31m");
  assert_false(refused.has_value());
  assert_true(refused.error().find("hunter2") == std::string::npos);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_honest_report_is_taken_whole),
      cmocka_unit_test(what_is_absent_is_unknown),
      cmocka_unit_test(another_hosts_backup_is_told),
      cmocka_unit_test(wrong_types_are_as_good_as_nothing),
      cmocka_unit_test(impossible_numbers_are_nothing),
      cmocka_unit_test(counts_are_what_a_double_counts),
      cmocka_unit_test(no_text_can_leave_its_line_or_colour_the_terminal),
      cmocka_unit_test(texts_are_cut),
      cmocka_unit_test(what_is_no_report_is_refused),
      cmocka_unit_test(a_refusal_repeats_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
