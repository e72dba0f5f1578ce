// The fleet as a table that fits a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "admin/fleet_row.h"

namespace claude_auth {

struct TableStyle {
  std::size_t width = 80;
  bool colour = false;
};

/// Two lines of headings, and each row with what is to do at its end, or, where that does not fit,
/// on lines of its own below, whole. What a narrow terminal has no room for is left out, column by
/// column, in the order of how little it tells; user, login and last result stay.
[[nodiscard]] std::vector<std::string> render_table(const std::vector<FleetRow>& rows, Instant now,
                                                    const TableStyle& style);

/// "198 users: 195 well, 2 need a person, 1 unknown"
[[nodiscard]] std::string render_summary(const FleetCount& count, const TableStyle& style);

}  // namespace claude_auth
