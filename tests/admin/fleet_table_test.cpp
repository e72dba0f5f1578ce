// helper/admin/fleet_table: what a terminal of 40, 80 and 200 columns shows.
#include "admin/fleet_table.h"

#include <algorithm>
#include <string>

#include "cmocka_cpp.h"
#include "fleet_people.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::days;

std::vector<FleetRow> fleet() {
  std::vector<UserSight> sights{well("emo"),  on_setup_token("ana"), well("bob"),
                                well("dora"), silent("eve"),         well("zed")};
  UserReport& bob = *sights[2].host->report;
  bob.login = LocalLogin::wiped;
  bob.login_expires.reset();
  bob.last_status = Status::fail;
  bob.last_reason =
      "no restore helps: interactive SSO login required: run `claude auth login --claudeai --sso`";
  bob.last_at = kNow - 20min;
  sights[3].user.care = Care::parked;
  sights[3].host->report.reset();
  sights[3].host->units = UnitsState::off;
  UserReport& zed = *sights[5].host->report;
  zed.login_expires = kNow + days(2);
  return rows_of(sights);
}

void assert_lines(const std::vector<std::string>& lines, const std::vector<std::string>& golden) {
  for (std::size_t i = 0; i < std::min(lines.size(), golden.size()); ++i)
    assert_string_equal(lines[i].c_str(), golden[i].c_str());
  assert_int_equal(lines.size(), golden.size());
}

void at_200_columns_what_is_to_do_stands_beside(void**) {
  assert_lines(
      render_table(fleet(), kNow, {.width = 200, .colour = false}),
      {
          "                                   LOGIN  SETUP  VAULT",
          "USER  MODE         LOGIN   BACKUP   ENDS   ENDS   ENDS  LAST      UNITS  TO DO",
          "emo   oauth        valid       2h    27d      -    31d  OK 2h     on",
          "ana   setup token  lost         -      -   340d    31d  OK 2h     on",
          "bob   oauth        wiped       2h      -      -    31d  FAIL 20m  on     bob runs "
          "claude "
          "auth login --claudeai --sso",
          "dora  -            parked       -      -      -      -  -         off",
          "eve   -            -            -      -      -      -  -         on     his "
          "claude-auth-sync did not answer within 5 seconds: runuser -l eve -c "
          "'claude-auth-sync status'",
          "zed   oauth        valid       2h     2d      -    31d  OK 2h     on     the login ends "
          "in 2 days: zed runs claude auth login --claudeai --sso",
      });
}

void at_80_columns_it_stands_below(void**) {
  assert_lines(render_table(fleet(), kNow, {.width = 80, .colour = false}),
               {
                   "                                   LOGIN  SETUP  VAULT",
                   "USER  MODE         LOGIN   BACKUP   ENDS   ENDS   ENDS  LAST      UNITS",
                   "emo   oauth        valid       2h    27d      -    31d  OK 2h     on",
                   "ana   setup token  lost         -      -   340d    31d  OK 2h     on",
                   "bob   oauth        wiped       2h      -      -    31d  FAIL 20m  on",
                   "    bob runs claude auth login --claudeai --sso",
                   "dora  -            parked       -      -      -      -  -         off",
                   "eve   -            -            -      -      -      -  -         on",
                   "    his claude-auth-sync did not answer within 5 seconds:",
                   "    runuser -l eve -c 'claude-auth-sync status'",
                   "zed   oauth        valid       2h     2d      -    31d  OK 2h     on",
                   "    the login ends in 2 days: zed runs claude auth login --claudeai --sso",
               });
}

void at_40_columns_the_least_telling_columns_are_left_out(void**) {
  assert_lines(render_table(fleet(), kNow, {.width = 40, .colour = false}),
               {
                   "              LOGIN",
                   "USER  LOGIN    ENDS  LAST",
                   "emo   valid     27d  OK 2h",
                   "ana   lost        -  OK 2h",
                   "bob   wiped       -  FAIL 20m",
                   "    bob runs claude auth login",
                   "    --claudeai --sso",
                   "dora  parked      -  -",
                   "eve   -           -  -",
                   "    his claude-auth-sync did not answer",
                   "    within 5 seconds:",
                   "    runuser -l eve -c 'claude-auth-sync",
                   "    status'",
                   "zed   valid      2d  OK 2h",
                   "    the login ends in 2 days:",
                   "    zed runs claude auth login",
                   "    --claudeai --sso",
               });
}

void every_line_fits_where_names_do(void**) {
  for (std::size_t width = 40; width <= 220; ++width)
    for (const std::string& line : render_table(fleet(), kNow, {.width = width, .colour = false}))
      if (line.size() > width) fail_msg("%zu: %s", width, line.c_str());
}

void a_long_name_is_cut_last(void**) {
  const auto lines = render_table(rows_of({well("a.very.long.name.of.a.user.in.a.directory")}),
                                  kNow, {.width = 40, .colour = false});
  assert_string_equal(lines.back().c_str(), "a.very.long.name.of.a.use~  valid  OK 2h");
}

std::string without_colours(const std::string& line) {
  std::string plain;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '\033') {
      i = line.find('m', i);
    } else {
      plain += line[i];
    }
  return plain;
}

void colours_change_nothing_but_colours(void**) {
  const auto plain = render_table(fleet(), kNow, {.width = 200, .colour = false});
  auto coloured = render_table(fleet(), kNow, {.width = 200, .colour = true});
  assert_true(coloured != plain);
  std::ranges::transform(coloured, coloured.begin(), without_colours);
  assert_lines(coloured, plain);
}

void without_colour_there_is_no_escape(void**) {
  for (const std::string& line : render_table(fleet(), kNow, {.width = 80, .colour = false}))
    assert_true(line.find('\033') == std::string::npos);
}

void the_summary_names_only_what_there_is(void**) {
  const TableStyle plain{.width = 80, .colour = false};
  assert_string_equal(
      render_summary({.users = 198, .well = 195, .need_person = 2, .unknown = 1}, plain).c_str(),
      "198 users: 195 well, 2 need a person, 1 unknown");
  assert_string_equal(render_summary({.users = 1, .well = 0, .need_person = 1}, plain).c_str(),
                      "1 user: 0 well, 1 needs a person");
  assert_string_equal(render_summary({.users = 3, .well = 2, .left_alone = 1}, plain).c_str(),
                      "3 users: 2 well, 1 left alone");
}

void an_empty_roster_has_headings_and_nobody(void**) {
  assert_int_equal(render_table({}, kNow, {.width = 80, .colour = false}).size(), 2);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(at_200_columns_what_is_to_do_stands_beside),
      cmocka_unit_test(at_80_columns_it_stands_below),
      cmocka_unit_test(at_40_columns_the_least_telling_columns_are_left_out),
      cmocka_unit_test(every_line_fits_where_names_do),
      cmocka_unit_test(a_long_name_is_cut_last),
      cmocka_unit_test(colours_change_nothing_but_colours),
      cmocka_unit_test(without_colour_there_is_no_escape),
      cmocka_unit_test(the_summary_names_only_what_there_is),
      cmocka_unit_test(an_empty_roster_has_headings_and_nobody),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
