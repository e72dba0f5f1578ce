// Where simulated jobs and clients find the time and the token endpoint of their run.
#pragma once

#include <string>

namespace claude_auth::testing {

/// Names the directory of both. A variable that a probe of ours hands on to the client.
inline constexpr const char* kWorldVariable = "HTTPS_PROXY";

[[nodiscard]] inline std::string clock_file(const std::string& world) {
  return world + "/clock";
}

[[nodiscard]] inline std::string endpoint_socket(const std::string& world) {
  return world + "/endpoint";
}

}  // namespace claude_auth::testing
