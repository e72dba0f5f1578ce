// `claude-auth-admin status`: every user of the roster and what is to do about him.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "admin/admin_context.h"

namespace claude_auth {

struct FleetStatusOptions {
  std::string roster;
  std::string user;  ///< only this one; empty: all
  enum class Format { table, json, prometheus } format = Format::table;
  std::string output;                         ///< of `prometheus`: a file; empty: standard output
  std::optional<std::chrono::seconds> watch;  ///< of `table`: again and again, so long apart
};

/// Returns the exit status. Of a table and of JSON: 0 where nobody needs a person and everything
/// could be seen, else 1. Of metrics: 0 where they were written.
[[nodiscard]] int fleet_status(AdminContext& context, const FleetStatusOptions& options);

}  // namespace claude_auth
