#include "home_history.h"

#include <cstdio>
#include <cstdlib>

namespace claude_auth::testing {
namespace {

void expect_success(int exit_status, const char* what) {
  if (exit_status == 0) return;
  std::fprintf(stderr, "%s failed while a home was made\n", what);
  std::exit(1);
}

}  // namespace

void backed_up(const CrashHome& home) {
  home.write_login("first");
  expect_success(home.run({"backup"}), "backup");
  home.set_field("vaultwarden_item", "TEST-foreign");
}

void login_lost(const CrashHome& home) {
  backed_up(home);
  home.lose_login();
}

void login_new(const CrashHome& home) {
  backed_up(home);
  home.write_login("second");
}

void token_in_force(const CrashHome& home) {
  backed_up(home);
  expect_success(home.run({"setup-token", "set", "--no-check"}, kSetupToken), "setup-token set");
}

void login_wiped(const CrashHome& home) {
  backed_up(home);
  home.wipe();
}

void login_malformed(const CrashHome& home) {
  backed_up(home);
  home.write_credentials(R"({"claudeAiOauth":{"accessToken":"sk-ant-oat01-TEST-fi)");
}

void token_in_store(const CrashHome& home) {
  backed_up(home);
  home.set_field("setup_token", kSetupToken);
}

void token_in_store_alone(const CrashHome& home) {
  token_in_store(home);
  home.lose_login();
}

void paused(const CrashHome& home) {
  backed_up(home);
  expect_success(home.run({"pause"}), "pause");
}

}  // namespace claude_auth::testing
