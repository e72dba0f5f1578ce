// The server of tests that run unchanged on the double and, with --server, on a real one.
#pragma once

#include <functional>

#include "conformance.h"
#include "double_server.h"

namespace claude_auth::testing {

using Handler = std::function<Answer(const ApiRequest&)>;

/// For a main(): calls `run`, with the real server started where `--server` is the argument.
/// Returns what `run` does, or 77 where there is no real server.
[[nodiscard]] int on_chosen_server(int argc, char** argv, int (*run)());

/// Answers as a double of its own, or hands each request on to the real server, which all tests
/// share. Called by one thread at a time.
[[nodiscard]] Handler chosen_handler();

/// The chosen server, behind what counts its requests and can disturb them: one for each test.
/// `handler` stands before it.
class ChosenServer : public DoubleServer {
 public:
  explicit ChosenServer(Handler handler = chosen_handler());

  [[nodiscard]] ServerUnderTest under_test() const { return {address(), root_token(), ""}; }
};

}  // namespace claude_auth::testing
