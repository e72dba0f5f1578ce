#include "fake_claude_service.h"

#include <fstream>

namespace claude_auth::testing {
namespace {

const std::set<std::string> kHosts = {"api.anthropic.com:443", "platform.claude.com:443"};

Subject claudes_names() {
  return {.name = "api.anthropic.com",
          .dns_names = {"api.anthropic.com", "platform.claude.com", "localhost"}};
}

unsigned short port_of(const std::string& address) {
  return static_cast<unsigned short>(std::stoul(address.substr(address.rfind(':') + 1)));
}

}  // namespace

FakeClaudeService::FakeClaudeService(Millis lifetime, const std::string& authority_file)
    : api_(lifetime, clock_),
      server_({.tls = authority_.issue(claudes_names()),
               .handler =
                   [this](const ApiRequest& request) {
                     const std::lock_guard lock(mutex_);
                     return api_.handle(request);
                   }}),
      proxy_(kHosts, port_of(server_.address())),
      client_environment_{"HTTPS_PROXY=" + proxy_.address(),
                          "NODE_EXTRA_CA_CERTS=" + authority_file} {
  std::ofstream(authority_file) << authority_.certificate();
}

Json FakeClaudeService::log_in() {
  const std::lock_guard lock(mutex_);
  return api_.log_in();
}

void FakeClaudeService::accept(const std::string& token) {
  const std::lock_guard lock(mutex_);
  api_.ledger().accept(token);
}

void FakeClaudeService::revoke(const std::string& token) {
  const std::lock_guard lock(mutex_);
  api_.ledger().revoke(token);
}

bool FakeClaudeService::is_current(const std::string& refresh_token) {
  const std::lock_guard lock(mutex_);
  return api_.ledger().is_current(refresh_token);
}

ServiceCounters FakeClaudeService::counters() {
  const std::lock_guard lock(mutex_);
  const TokenLedger& ledger = api_.ledger();
  return {.messages = api_.messages(),
          .refreshes = api_.refreshes(),
          .rotations = ledger.rotations(),
          .reuses = ledger.reuses(),
          .refusals = ledger.refusals(),
          .tokens_seen = api_.tokens_seen()};
}

}  // namespace claude_auth::testing
