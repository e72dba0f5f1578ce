// admin/roster: YAML of the admin's, often another tool's.
#include "admin/roster.h"

#include <set>

#include "admin/user_name.h"
#include "fuzz/fuzz.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const auto users = parse_roster(input, "roster.yaml");
  if (!users) {
    require(!users.error().empty(), "a refusal has a reason");
    for (const std::string& fault : users.error()) require_sentence(fault);
    return;
  }
  std::set<std::string> names;
  for (const RosterUser& user : *users) {
    require(is_user_name(user.name), "a user's name is one");
    require(names.insert(user.name).second, "no user is there twice");
    require(user.line >= 1, "a user is in a line");
    require(user.email.find_first_of("\r\n\x1b") == std::string::npos, "an address is one line");
  }
  for (const std::string& fault : find_collisions(*users, {}, "roster.yaml"))
    require_sentence(fault);
}

}  // namespace claude_auth
