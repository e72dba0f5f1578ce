// Scripted faults of the double: what goes wrong, for which requests, how often.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "answer.h"
#include "base/clock.h"
#include "base/json.h"

namespace claude_auth::testing {

enum class FaultKind {
  answer,      ///< `answer` is sent instead; nothing is carried out
  delay,       ///< carried out and answered after `delay`
  hang,        ///< nothing is carried out, and no answer ever comes
  lose_reply,  ///< carried out, then the connection is closed
  reset,       ///< carried out, and closed in the middle of the body
  truncate,    ///< carried out; half of the body, with a length that fits
  huge,        ///< 100 MiB of blanks, chunked
  trickle,     ///< carried out; one byte of the body each `delay`
};

struct Fault {
  FaultKind kind = FaultKind::answer;
  std::string method{};  ///< empty: any
  std::string path{};    ///< prefix below /v1/; empty: any
  int skip = 0;          ///< this many matching requests pass first
  int times = 1;         ///< -1: for ever
  Millis delay{0};
  Answer answer{};

  [[nodiscard]] bool matches(std::string_view request_method, std::string_view request_path) const {
    return (method.empty() || method == request_method) && request_path.starts_with(path);
  }
};

/// A fault from the JSON that the program's sys/double/fault takes: kind, and optionally method,
/// path, skip, times, delay_ms, status, body, location, retry_after.
[[nodiscard]] std::optional<Fault> parse_fault(const json_t* object);

}  // namespace claude_auth::testing
