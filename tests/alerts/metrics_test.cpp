// The alerts and the dashboard ask for metrics that claude-auth-admin prints, by these names.
#include "admin/fleet_metrics.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

/// A fleet of one user of whom everything is known.
Fleet known_fleet() {
  const Instant now{};
  FleetRow row;
  row.user = "emo";
  row.answered = true;
  row.mode = LoginMode::oauth;
  row.login_expires = row.backed_up_at = row.setup_token_expires = row.vault_token_expires = now;
  row.last_at = row.last_success = now;
  row.units = UnitsState::on;
  row.last_status = Status::ok;
  row.heals = row.restores = 1;
  row.step = FleetStep::nothing;
  Fleet fleet;
  fleet.rows.push_back(row);
  return fleet;
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

std::string contents(const std::string& name) {
  std::ifstream file(CLAUDE_AUTH_ALERTS + ("/" + name));
  return {std::istreambuf_iterator<char>(file), {}};
}

void what_is_asked_for_is_printed(void**) {
  const auto printed = matches(render_metrics(known_fleet()), R"(# TYPE (\w+))");
  for (const char* file : {"claude-auth.rules.yml", "grafana.json"}) {
    const auto asked = matches(contents(file), R"(\b(claude_auth_\w+))");
    assert_true(asked.size() > 5);
    for (const std::string& metric : asked) {
      if (!printed.contains(metric)) fail_msg("%s: nothing prints %s", file, metric.c_str());
    }
  }
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {cmocka_unit_test(what_is_asked_for_is_printed)};
  return cmocka_run_group_tests_name("alerts_metrics", tests, nullptr, nullptr);
}
