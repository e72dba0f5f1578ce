// admin/user_report and token_report: what a user's own program told the admin; and what the admin
// shows of it, as a table, JSON and metrics.
#include "admin/user_report.h"

#include "admin/fleet_json.h"
#include "admin/fleet_metrics.h"
#include "admin/fleet_people.h"
#include "admin/fleet_table.h"
#include "admin/token_report.h"
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "store/token_facts.h"

namespace claude_auth {
namespace {

void check_metrics(std::string_view metrics) {
  while (!metrics.empty()) {
    const std::size_t end = metrics.find('\n');
    fuzz::require(end != std::string_view::npos, "metrics end in a newline");
    const std::string_view line = metrics.substr(0, end);
    fuzz::require(line.starts_with("# ") || line.starts_with("claude_auth_"),
                  "a line of metrics is a metric");
    metrics.remove_prefix(end + 1);
  }
}

void check_views(const UserReport& report) {
  UserSight sight = test::well("made-up-user");
  sight.host->report = report;
  Fleet fleet;
  fleet.at = test::kNow;
  fleet.host = "host";
  fleet.saw_host = true;
  fleet.rows = test::rows_of({sight});
  for (const std::size_t width : {40U, 200U}) {
    for (const std::string& line : render_table(fleet.rows, test::kNow, {.width = width}))
      fuzz::require(fuzz::is_printable(line), "the table does nothing to a terminal");
  }
  const std::string json = render_json(fleet);
  fuzz::require(parse_object(json).has_value(), "the JSON is JSON");
  fuzz::require(!json.contains("\\u"), "and printable");
  check_metrics(render_metrics(fleet));
}

}  // namespace

void fuzz::take(std::string_view input) {
  const auto report = parse_user_report(input);
  if (!report) require_sentence(report.error());
  check_views(report.value_or(UserReport{}));

  const auto streams = pieces(input, 2);
  for (const int status : {0, 1 << 8}) {
    const TokenReport token = token_report_in({.wait_status = status,
                                               .timed_out = false,
                                               .standard_output = streams[0],
                                               .standard_error = streams[1]});
    require(is_printable(token.problem), "a problem can be shown");
    require(token.accessor.empty() || usable_token(token.accessor) == token.accessor,
            "an accessor is of a token's shape");
  }
}

}  // namespace claude_auth
