#include "chosen_server.h"

#include <sodium.h>

#include <cstdio>
#include <string_view>

#include "real_server.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

const RealServer* the_real_one = nullptr;

}  // namespace

int on_chosen_server(int argc, char** argv, int (*run)()) {
  if (sodium_init() < 0) return 1;
  if (argc < 2 || argv[1] != std::string_view("--server")) return run();
  const auto program = find_server_program();
  if (!program) {
    std::puts("SKIP: no bao or vault server: neither VAULT_BIN nor PATH has one");
    return 77;
  }
  const RealServer server(*program);
  the_real_one = &server;
  return run();
}

void needs_the_double() {
  if (the_real_one == nullptr) return;
  print_message("SKIP: a real server cannot be made to fail, nor asked what it was asked\n");
  skip();
}

ChosenServer::ChosenServer() {
  if (the_real_one == nullptr) double_.emplace();
}

ServerUnderTest ChosenServer::under_test() const {
  if (double_) return {double_->address(), double_->root_token(), ""};
  return {the_real_one->address(), the_real_one->root_token(), ""};
}

}  // namespace claude_auth::testing
