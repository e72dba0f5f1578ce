// helper/admin/user_units: what systemd shows of a user's units, and what it is asked to do with
// them.
#include "admin/host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "cmocka_cpp.h"
#include "scripted_host.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

/// What a systemctl that shows these properties, one word a unit, makes of a user's units.
UnitsState shown_as(const std::string& timer, const std::string& watch, const std::string& back) {
  ScriptedHost here;
  std::string blocks;
  for (const std::string& unit : {timer, watch, back}) {
    const std::size_t slash = unit.find('/');
    blocks += "ActiveState=" + unit.substr(0, slash) + "\n";
    blocks += "UnitFileState=" + unit.substr(slash + 1) + "\n\n";
  }
  blocks.pop_back();
  put(here.dir / "blocks", blocks, 0644);
  here.systemctl("cat " + (here.dir / "blocks"));
  const auto state = here.host().units("emo");
  if (!state) fail_msg("%s", state.error().c_str());
  return *state;
}

void units_that_all_run_are_on(void**) {
  assert_true(shown_as("active/enabled", "active/enabled", "inactive/static") == UnitsState::on);
  assert_true(shown_as("active/enabled", "activating/enabled", "inactive/static") ==
              UnitsState::on);
}

void a_watch_that_is_about_to_be_back_is_on(void**) {
  assert_true(shown_as("active/enabled", "failed/enabled", "active/static") == UnitsState::on);
  assert_true(shown_as("active/enabled", "deactivating/enabled", "inactive/static") ==
              UnitsState::on);
}

void a_watch_that_ended_well_is_waited_with(void**) {
  assert_true(shown_as("active/enabled", "inactive/enabled", "inactive/static") ==
              UnitsState::waiting);
}

void units_that_neither_run_nor_will_are_off(void**) {
  assert_true(shown_as("inactive/disabled", "inactive/disabled", "inactive/static") ==
              UnitsState::off);
  assert_true(shown_as("inactive/", "failed/", "inactive/") == UnitsState::off);
}

void anything_between_is_partly(void**) {
  for (const char* watch : {"active/disabled", "failed/enabled"})
    assert_true(shown_as("active/enabled", watch, "inactive/static") == UnitsState::partly);
  for (const char* watch : {"active/disabled", "inactive/enabled", "failed/enabled"})
    assert_true(shown_as("inactive/disabled", watch, "inactive/static") == UnitsState::partly);
  for (const char* timer : {"active/disabled", "inactive/enabled", "inactive/disabled"})
    assert_true(shown_as(timer, "active/enabled", "inactive/static") == UnitsState::partly);
  assert_true(shown_as("inactive/disabled", "inactive/disabled", "active/static") ==
              UnitsState::partly);
}

void a_host_without_systemd_has_no_manager(void**) {
  const ScriptedHost here;
  assert_int_equal(::rmdir((here.dir / "booted").c_str()), 0);
  assert_true(here.host().units("emo") == UnitsState::no_manager);
  assert_string_equal(here.host().enable_units("emo").error().c_str(),
                      "this host was not booted by systemd: it has no units");
}

/// The calls that systemctl got, one a line.
template <typename Act>
std::string calls_of(Act act) {
  ScriptedHost here;
  const std::string calls = here.dir / "calls";
  here.systemctl("echo \"$@\" >>" + calls);
  assert_true(act(here.host()).has_value());
  return contents(calls);
}

void enabling_holds_now_and_at_every_boot(void**) {
  assert_string_equal(
      calls_of([](ThisHost host) { return host.enable_units("emo.b-c@corp"); }).c_str(),
      "--no-pager --no-ask-password enable --quiet claude-auth-sync@emo.b-c@corp.timer "
      "claude-auth-watch@emo.b-c@corp.service\n"
      "--no-pager --no-ask-password start claude-auth-sync@emo.b-c@corp.timer "
      "claude-auth-watch@emo.b-c@corp.service\n");
}

void disabling_ends_what_would_bring_the_watch_back(void**) {
  assert_string_equal(
      calls_of([](ThisHost host) { return host.disable_units("emo"); }).c_str(),
      "--no-pager --no-ask-password disable --quiet claude-auth-sync@emo.timer "
      "claude-auth-watch@emo.service\n"
      "--no-pager --no-ask-password stop claude-auth-sync@emo.timer claude-auth-watch@emo.service "
      "claude-auth-watch@emo.timer\n");
}

void asking_changes_nothing(void**) {
  assert_string_equal(
      calls_of([](ThisHost host) { return host.units("emo"); }).c_str(),
      "--no-pager --no-ask-password show --property=UnitFileState,ActiveState "
      "claude-auth-sync@emo.timer claude-auth-watch@emo.service claude-auth-watch@emo.timer\n");
}

void what_systemctl_complains_of_is_passed_on(void**) {
  ScriptedHost here;
  here.systemctl("printf 'Failed to enable unit: \\033[31mno\\nmore\\n' >&2; exit 1");
  assert_string_equal(here.host().enable_units("emo").error().c_str(),
                      "systemctl enable: Failed to enable unit: ?[31mno");
}

void units_of_a_name_that_is_none_are_not_asked_for(void**) {
  ScriptedHost here;
  here.systemctl("exit 0");
  for (const char* name : {"--force", "emo x", "a/b", ""})
    assert_false(here.host().disable_units(name).has_value());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(units_that_all_run_are_on),
      cmocka_unit_test(a_watch_that_is_about_to_be_back_is_on),
      cmocka_unit_test(a_watch_that_ended_well_is_waited_with),
      cmocka_unit_test(units_that_neither_run_nor_will_are_off),
      cmocka_unit_test(anything_between_is_partly),
      cmocka_unit_test(a_host_without_systemd_has_no_manager),
      cmocka_unit_test(enabling_holds_now_and_at_every_boot),
      cmocka_unit_test(disabling_ends_what_would_bring_the_watch_back),
      cmocka_unit_test(asking_changes_nothing),
      cmocka_unit_test(what_systemctl_complains_of_is_passed_on),
      cmocka_unit_test(units_of_a_name_that_is_none_are_not_asked_for),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
