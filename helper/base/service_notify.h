// What a service and systemd tell each other: sd_notify(3)'s protocol, and where the output goes.
#pragma once

#include <string_view>

namespace claude_auth {

/// Sends `state` (e.g. "READY=1") to $NOTIFY_SOCKET; nothing where no service manager listens.
void notify_service_manager(std::string_view state);

/// Whether one listens.
[[nodiscard]] bool has_service_manager();

/// Whether `fd` leads to the journal, by $JOURNAL_STREAM: systemd.exec(5).
[[nodiscard]] bool is_journal_stream(int fd);

}  // namespace claude_auth
