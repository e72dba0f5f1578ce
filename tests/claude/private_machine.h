// A private view of this machine for one test program: no network but loopback, and a home of its
// own. Whatever a client or a job of ours does in it reaches nobody.
#pragma once

#include <string>

namespace claude_auth::testing {

/// Goes on in a child in namespaces of its own, while this process, which has one thread still,
/// waits for it and ends as it does; every process that is started in them ends with it. There is
/// loopback and no other network, the password database says that this user lives at `home`,
/// no configuration of ours is installed, and no system log listens. `scratch`: a directory that
/// outlives the process. Returns nothing, or the sentence why this machine cannot do it.
[[nodiscard]] std::string enter_private_machine(const std::string& home,
                                                const std::string& scratch);

}  // namespace claude_auth::testing
