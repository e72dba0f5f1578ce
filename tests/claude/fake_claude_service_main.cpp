// fake-claude-service: the fake Claude service as a program, for tests in other languages and for
// looking at a client by hand.
//
//   fake-claude-service AUTHORITY-FILE LIFETIME-MS
//
// Prints its own address, then HTTPS_PROXY=… and NODE_EXTRA_CA_CERTS=… for the client, a line
// each, once it answers, and runs until TERM or INT. By requests to its address,
// `curl --cacert AUTHORITY-FILE ADDRESS/v1/double/…`: claude_api.cpp (log-ins, tokens, counters),
// and sys/double/fault of tests/vault/double_server.cpp (faults of messages and oauth/token).
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "fake_claude_service.h"

int main(int argc, char** argv) {
  using namespace claude_auth;
  const std::string_view text = argc == 3 ? argv[2] : "";
  Millis::rep lifetime = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), lifetime);
  if (text.empty() || error != std::errc() || end != text.end()) {
    std::fputs("usage: fake-claude-service AUTHORITY-FILE LIFETIME-MS\n", stderr);
    return 2;
  }
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  const testing::FakeClaudeService service(Millis(lifetime), argv[1]);
  std::puts(service.address().c_str());
  for (const std::string& variable : service.client_environment()) std::puts(variable.c_str());
  std::fflush(stdout);
  int signal = 0;
  return ::sigwait(&ending, &signal) == 0 ? 0 : 1;
}
