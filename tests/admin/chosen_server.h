// The server of cases that run unchanged on the double and, with --server, on a real one.
#pragma once

#include <optional>

#include "conformance.h"
#include "double_server.h"

namespace claude_auth::testing {

/// For a main(): calls `run` with the real server started where `--server` is the argument. Returns
/// what `run` does, or 77 where there is no real server.
[[nodiscard]] int on_chosen_server(int argc, char** argv, int (*run)());

/// In a test, before anything else: ends it as skipped on a real server, which cannot be made to
/// fail, nor asked what it was asked.
void needs_the_double();

/// One test's: a double of its own, or the real one, which all tests share.
class ChosenServer {
 public:
  ChosenServer();

  [[nodiscard]] ServerUnderTest under_test() const;
  /// After `needs_the_double` only.
  [[nodiscard]] DoubleServer& the_double() { return *double_; }

 private:
  std::optional<DoubleServer> double_;
};

}  // namespace claude_auth::testing
