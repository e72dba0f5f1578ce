#include "admin/user_units.h"

#include <expected>

#include "admin/user_report.h"
#include "decide/provision_decision.h"

namespace claude_auth {

bool set_units(Host& host, const std::string& user, Units units,
               const std::function<bool()>& enrolled, Doing doing, UserLine& line) {
  const auto state = host.units(user);
  if (!state) {
    line.failed("units not checked: " + state.error());
    return true;
  }
  const bool wanted = units == Units::wanted;
  const bool some_on =
      *state == UnitsState::on || *state == UnitsState::waiting || *state == UnitsState::partly;
  const bool some_off = *state == UnitsState::off || *state == UnitsState::partly ||
                        (*state == UnitsState::waiting && wanted && enrolled());
  const UnitsStep step = units_step(wanted, some_on, some_off);
  if (step != UnitsStep::leave) {
    const bool enable = step == UnitsStep::enable;
    std::expected<void, std::string> done;
    if (doing == Doing::it) done = enable ? host.enable_units(user) : host.disable_units(user);
    const std::string what = enable ? "enabled" : "disabled";
    if (done) {
      line.did("units " + what);
    } else {
      line.failed("units not " + what + ": " + done.error());
    }
  }
  return *state != UnitsState::no_manager;
}

bool says_enrolled(UserPrograms& programs, const HostUser& user) {
  const auto finished = programs.run(user, {"status", "--json", "--local"});
  if (!finished || finished->timed_out) return false;
  const auto report = parse_user_report(finished->standard_output);
  return report && report->enrolled;
}

}  // namespace claude_auth
