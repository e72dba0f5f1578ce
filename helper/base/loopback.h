// Which hosts are this machine itself.
#pragma once

#include <string>

namespace claude_auth {

/// "localhost", "::1" and the addresses of 127.0.0.0/8 as inet_pton(3) reads them: what is sent
/// there stays on this machine, so that it may be sent in the clear. 127.example.org is a name like
/// any other.
[[nodiscard]] bool is_loopback(const std::string& host);

}  // namespace claude_auth
