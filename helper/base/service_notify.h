// The few words a service says to systemd: sd_notify(3)'s protocol, without its library.
#pragma once

#include <string_view>

namespace claude_auth {

/// Sends `state` (e.g. "READY=1") to $NOTIFY_SOCKET; nothing where no service manager listens.
void notify_service_manager(std::string_view state);

/// Whether one listens.
[[nodiscard]] bool has_service_manager();

}  // namespace claude_auth
