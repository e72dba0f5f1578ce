// helper/admin/fleet_metrics: the names that alerts rely on, and what promtool says of the whole.
#include "admin/fleet_metrics.h"

#include <cstdlib>
#include <string>

#include "cmocka_cpp.h"
#include "fleet_people.h"
#include "unit/table.h"
#include "unit/temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

Fleet fleet_of(const std::vector<UserSight>& sights) {
  Fleet fleet;
  fleet.at = kNow;
  fleet.took = 1'034ms;
  fleet.host = "devbox";
  fleet.rows = rows_of(sights);
  return fleet;
}

std::string metrics_of(const std::vector<UserSight>& sights) {
  return render_metrics(fleet_of(sights));
}

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

void every_metric_that_alerts_name_is_there(void**) {
  std::vector<UserSight> sights{well("emo"), on_setup_token("ana")};
  const std::string text = metrics_of(sights);
  for (const char* const line : {
           R"(claude_auth_last_success_timestamp_seconds{user="emo"} 1794992800)",
           R"(claude_auth_last_result{user="emo",status="OK"} 1)",
           R"(claude_auth_last_result{user="emo",status="FAIL"} 0)",
           R"(claude_auth_login_expires_timestamp_seconds{user="emo"} 1797343600)",
           R"(claude_auth_setup_token_expires_timestamp_seconds{user="ana"} 1824376000)",
           R"(claude_auth_vault_token_expires_timestamp_seconds{user="emo"} 1797750400)",
           R"(claude_auth_heals_total{user="emo"} 3)",
           R"(claude_auth_restores_total{user="emo"} 1)",
           R"(claude_auth_needs_person{user="emo"} 0)",
           R"(claude_auth_needs_admin{user="emo"} 0)",
           R"(claude_auth_units_on{user="emo"} 1)",
           R"(claude_auth_answered{user="emo"} 1)",
           R"(claude_auth_setup_token_in_force{user="emo"} 0)",
           R"(claude_auth_setup_token_in_force{user="ana"} 1)",
           "claude_auth_metrics_timestamp_seconds 1795000000",
           "claude_auth_metrics_duration_seconds 1.034",
           "# TYPE claude_auth_heals_total counter",
           "# TYPE claude_auth_last_result gauge",
       })
    if (!has_line(text, line)) fail_msg("missing: %s", line);
}

void the_users_trouble_and_the_admins_are_two_metrics(void**) {
  std::vector<UserSight> sights{well("emo"), well("ana")};
  sights[0].host->report->login = LocalLogin::wiped;
  sights[0].host->report->backup = BackupSeen::none;
  sights[1].host->units = UnitsState::off;
  const std::string text = metrics_of(sights);
  assert_true(has_line(text, R"(claude_auth_needs_person{user="emo"} 1)"));
  assert_true(has_line(text, R"(claude_auth_needs_admin{user="emo"} 0)"));
  assert_true(has_line(text, R"(claude_auth_needs_person{user="ana"} 0)"));
  assert_true(has_line(text, R"(claude_auth_needs_admin{user="ana"} 1)"));
  assert_true(has_line(text, R"(claude_auth_units_on{user="ana"} 0)"));
}

void what_nobody_knows_has_no_series(void**) {
  const std::string text = metrics_of({silent("eve")});
  assert_true(has_line(text, R"(claude_auth_answered{user="eve"} 0)"));
  for (const char* const name : {"needs_person", "last_result", "heals_total", "login_expires"})
    assert_true(text.find(std::string("claude_auth_") + name) == std::string::npos);
}

void users_who_are_left_out_have_no_series(void**) {
  UserSight parked = well("dora");
  parked.user.care = Care::parked;
  assert_true(metrics_of({parked}).find("dora") == std::string::npos);
}

void labels_are_escaped(void**) {
  const Row<std::string, std::string> rows[] = {
      {"plain", "emo", "emo"},
      {"a quote", "e\"mo", "e\\\"mo"},
      {"a backslash", "e\\mo", "e\\\\mo"},
      {"a new line", "e\nmo", "e\\nmo"},
  };
  every_row_holds(rows, [](const std::string& value) { return label_value(value); });
}

void promtool_has_nothing_to_say(void**) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) {
    print_message("SKIP: promtool is not installed\n");
    skip();
  }
  const TemporaryDirectory dir;
  put(dir / "metrics", metrics_of({well("emo"), on_setup_token("ana"), silent("eve")}));
  const std::string command =
      "promtool check metrics <'" + (dir / "metrics") + "' >'" + (dir / "said") + "' 2>&1";
  const int status = std::system(command.c_str());
  assert_string_equal(contents(dir / "said").c_str(), "");
  assert_int_equal(status, 0);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_metric_that_alerts_name_is_there),
      cmocka_unit_test(the_users_trouble_and_the_admins_are_two_metrics),
      cmocka_unit_test(what_nobody_knows_has_no_series),
      cmocka_unit_test(users_who_are_left_out_have_no_series),
      cmocka_unit_test(labels_are_escaped),
      cmocka_unit_test(promtool_has_nothing_to_say),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
