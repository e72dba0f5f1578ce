// What is said of a configuration that is refused, and how a watch gets over it.
#pragma once

#include <string>

#include "jobs/context.h"

namespace claude_auth {

/// Logs `problem` as FAIL, and keeps it as the user's last status.
void report_refusal(const Identity& identity, const Clock& clock, Audience audience,
                    const std::string& problem);

/// Whether just this was what the user's last job came to.
[[nodiscard]] bool is_reported_refusal(const Identity& identity, const std::string& problem);

/// Tells the service manager that all is ready, looks every `look_again` whether the configuration
/// is accepted, and returns once it is. Another reason than `problem`, which was said already, is
/// said once. A TERM ends the process meanwhile.
[[nodiscard]] Context wait_for_configuration(const Identity& identity, const ConfigDirs& dirs,
                                             const Clock& clock, Audience audience,
                                             std::string problem,
                                             Millis look_again = std::chrono::seconds(10));

}  // namespace claude_auth
