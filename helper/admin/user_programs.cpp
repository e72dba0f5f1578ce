#include "admin/user_programs.h"

#include <utility>

#include "decide/provision_decision.h"

namespace claude_auth {

std::expected<Finished, std::string> UserPrograms::run(const HostUser& user,
                                                       std::vector<std::string> arguments,
                                                       std::string_view input) {
  auto finished =
      host_.run_as(user, std::move(arguments), input, Deadline::in(user_patience(hung_)));
  if (finished && finished->timed_out) ++hung_;
  return finished;
}

}  // namespace claude_auth
