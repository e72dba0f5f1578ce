// The whole fleet, looked at once.
#pragma once

#include <string>
#include <vector>

#include "admin/admin_context.h"
#include "admin/fleet_row.h"

namespace claude_auth {

struct Fleet {
  Instant at;  ///< when the look began
  Millis took{0};
  std::string host;
  bool saw_host = false;   ///< the users' own parts and units
  bool saw_vault = false;  ///< the documents, with the admin's token
  std::vector<FleetRow> rows;
  std::size_t documents_unread = 0;
  std::vector<std::string> notes;  ///< what could not be seen, and why: a sentence each
};

/// What an admin can see from here.
struct FleetView {
  bool host = false;
  bool vault = false;
};
[[nodiscard]] FleetView view_of(const AdminContext& context);

/// Looks at every user of `roster`, or only at `only`; in Vault at all of them, as two users may
/// have the same secret. `setting.now` is the context's clock's, whatever is given.
[[nodiscard]] Fleet survey_fleet(const AdminContext& context, const std::vector<RosterUser>& roster,
                                 const std::string& only, const std::string& roster_argument);

}  // namespace claude_auth
