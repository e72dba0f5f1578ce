// One user of the fleet: what every source says of him, as one row, and what is to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/document_facts.h"
#include "admin/host_survey.h"
#include "admin/roster.h"
#include "admin/user_report.h"
#include "claude/shadows.h"

namespace claude_auth {

/// What was seen of a user, source by source.
struct UserSight {
  RosterUser user;
  std::optional<HostSight> host{};          ///< nothing: the host was not asked
  std::optional<DocumentFacts> document{};  ///< nothing: not asked, or not readable
  std::optional<Instant> vault_token_expires{};
  std::vector<std::string> same_setup_token{};  ///< other users of the roster
  std::vector<std::string> same_account{};
};

/// What holds for every row.
struct FleetSetting {
  Instant now;
  bool in_vault = true;         ///< `store = vault`
  std::string login_command;    ///< what a person is told to run
  std::string roster_argument;  ///< " --roster FILE" where it is not the default one
};

/// What is to do about a user, in words.
struct Advice {
  std::string why;      ///< may be empty
  std::string command;  ///< empty where nothing is to do
};

/// All sources merged: what the admin read himself outranks the user's word.
struct FleetRow : UserFacts {
  std::string user;
  Care care = Care::managed;
  FleetSituation::Account account = FleetSituation::Account::unknown;
  std::optional<bool> answered;  ///< his own part gave its report; nothing: it was not asked
  std::optional<LoginMode> mode;
  std::optional<UnitsState> units;
  std::string problem;  ///< why something of this is missing
  FleetStep step = FleetStep::unseen;
  Advice advice;
};

[[nodiscard]] FleetRow make_row(const UserSight& sight, const FleetSetting& setting);

/// How many users count as what.
struct FleetCount {
  std::size_t users = 0;
  std::size_t well = 0;
  std::size_t left_alone = 0;
  std::size_t need_person = 0;
  std::size_t unknown = 0;
};

[[nodiscard]] FleetCount count_rows(const std::vector<FleetRow>& rows);

}  // namespace claude_auth
