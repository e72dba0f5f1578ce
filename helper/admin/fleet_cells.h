// What each column of the fleet's table says of a user. Pure.
#pragma once

#include <span>
#include <string>

#include "admin/fleet_row.h"

namespace claude_auth {

enum class Tone { plain, faint, good, notable, bad };

/// Printable ASCII: as many columns as bytes.
struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

/// What stands where there is nothing to say.
inline constexpr const char* kEmptyCell = "-";

struct ColumnKind {
  const char* top;
  const char* heading;
  bool right;       ///< numbers
  int dispensable;  ///< the larger, the sooner it is left out; 0: never
  Cell (*cell)(const FleetRow& row, Instant now);
};

/// From left to right; the first one is the user's name.
[[nodiscard]] std::span<const ColumnKind> fleet_columns();

}  // namespace claude_auth
