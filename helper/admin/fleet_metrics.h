// The fleet as metrics for node_exporter's textfile collector.
#pragma once

#include <string>
#include <string_view>

#include "admin/fleet.h"

namespace claude_auth {

/// Prometheus text format 0.0.4. Only users that are looked after have series, and a series that
/// nobody knows the value of is absent. claude-auth-admin(8) lists the metrics.
[[nodiscard]] std::string render_metrics(const Fleet& fleet);

/// `value` as it stands between the quotes of a label.
[[nodiscard]] std::string label_value(std::string_view value);

}  // namespace claude_auth
