#include "per_client.h"

#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <list>

#include "cmocka_cpp.h"
#include "private_machine.h"
#include "scratch_directory.h"

namespace claude_auth::testing {
namespace {

constexpr int kSkipped = 77;

// Agents share the machine with whoever works on it.
constexpr int kNiceness = 10;

const ScratchDirectory& scratch() {
  static const ScratchDirectory directory;
  return directory;
}

[[noreturn]] void leave_skipped(const std::string& reason) {
  std::printf("SKIP: %s\n", reason.c_str());
  std::exit(kSkipped);
}

}  // namespace

const std::string& ClientStage::home() {
  static const std::string path = scratch().path() + "/home";
  return path;
}

void ClientStage::enter_machine() {
  if (sodium_init() < 0) std::abort();
  ::signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const int niceness = ::nice(kNiceness);
  const std::string reason = enter_private_machine(home(), scratch().path());
  if (!reason.empty()) leave_skipped(reason);
}

ClientStage ClientStage::enter(int argc, char** argv) {
  if (argc < 2) leave_skipped("no claude client: no list of clients was given");
  enter_machine();
  auto clients = clients_in(argv[1]);
  if (!clients) leave_skipped(clients.error());
  if (argc > 2) cmocka_set_test_filter(argv[2]);
  return ClientStage(std::move(*clients));
}

int ClientStage::run(const std::vector<ClientCase>& cases) {
  std::list<std::string> names;  // stay where they are, as CMocka keeps pointers
  std::vector<CMUnitTest> tests;
  for (RealClient& client : clients_) {
    for (const ClientCase& one : cases) {
      names.push_back(std::string(one.name) + " " + client.version);
      tests.push_back({.name = names.back().c_str(),
                       .test_func = one.function,
                       .setup_func = nullptr,
                       .teardown_func = nullptr,
                       .initial_state = &client});
    }
  }
  return _cmocka_run_group_tests("client", tests.data(), tests.size(), nullptr, nullptr);
}

}  // namespace claude_auth::testing
