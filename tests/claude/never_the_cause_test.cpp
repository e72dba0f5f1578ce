// Nothing of ours ever costs an agent its login: real clients of one home that refresh all the
// time, and each of our jobs beside them.
#include <signal.h>

#include <chrono>
#include <fstream>

#include "cmocka_cpp.h"
#include "per_client.h"
#include "race.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

Beside rewriter(const char* how) {
  return {.command = {LOGIN_REWRITER, how, ClientStage::home(), "50", "10"}, .every = 0ms};
}

Beside job(const char* name) {
  return {.command = {CLAUDE_AUTH_SYNC, name}};
}

Beside watch() {
  return {.command = {CLAUDE_AUTH_SYNC, "watch"}, .every = 0ms};
}

RaceResult run(void** state, const char* what, const RaceOptions& options) {
  const RealClient& client = client_of(state);
  const RaceResult result = race(client, options);
  print_message("%s, %s: %llu of %llu rotations lost, %llu messages failed, %llu runs, %.1f s\n",
                client.version.c_str(), what, static_cast<unsigned long long>(result.lost),
                static_cast<unsigned long long>(result.rotations),
                static_cast<unsigned long long>(result.failures),
                static_cast<unsigned long long>(result.runs),
                std::chrono::duration<double>(result.took).count());
  assert_true(result.rotations >= options.rotations);
  return result;
}

void nothing_beside_loses_nothing(void** state) {
  assert_int_equal(run(state, "nothing", {.beside = {}}).lost, 0);
}

void writes_under_the_locks_lose_nothing(void** state) {
  assert_int_equal(run(state, "writes under the locks", {.beside = {rewriter("locked")}}).lost, 0);
}

// Without it the others could not fail.
void writes_without_the_locks_lose_logins(void** state) {
  assert_true(run(state, "writes without the locks", {.beside = {rewriter("unlocked")}}).lost > 0);
}

void login_loses_nothing(void** state) {
  assert_int_equal(run(state, "login", {.beside = {job("login")}}).lost, 0);
}

void backup_loses_nothing(void** state) {
  assert_int_equal(run(state, "backup", {.beside = {job("backup")}}).lost, 0);
}

void restore_loses_nothing(void** state) {
  assert_int_equal(run(state, "restore", {.beside = {job("restore")}}).lost, 0);
}

void watch_loses_nothing(void** state) {
  assert_int_equal(run(state, "watch", {.beside = {watch()}}).lost, 0);
}

// Its probe is the third client.
void sync_loses_nothing(void** state) {
  assert_int_equal(run(state, "sync", {.agents = 2, .beside = {job("sync")}}).lost, 0);
}

// As a service manager stops it.
void sync_that_is_stopped_loses_nothing(void** state) {
  Beside sync = job("sync");
  sync.stopped_within = 2500ms;
  assert_int_equal(run(state, "sync stopped at random", {.agents = 2, .beside = {sync}}).lost, 0);
}

// The probe that it leaves behind needs time to end, too.
void sync_that_is_killed_loses_nothing(void** state) {
  Beside sync = job("sync");
  sync.every = 5s;
  sync.stopped_within = 2500ms;
  sync.signal = SIGKILL;
  assert_int_equal(run(state, "sync killed at random", {.agents = 2, .beside = {sync}}).lost, 0);
}

void all_jobs_at_once_lose_nothing(void** state) {
  const RaceOptions options{
      .agents = 2, .beside = {watch(), job("sync"), job("login"), job("restore"), job("backup")}};
  assert_int_equal(run(state, "all jobs", options).lost, 0);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  return ClientStage::enter(argc, argv)
      .run({
          {"nothing_beside_loses_nothing", nothing_beside_loses_nothing},
          {"writes_under_the_locks_lose_nothing", writes_under_the_locks_lose_nothing},
          {"writes_without_the_locks_lose_logins", writes_without_the_locks_lose_logins},
          {"login_loses_nothing", login_loses_nothing},
          {"backup_loses_nothing", backup_loses_nothing},
          {"restore_loses_nothing", restore_loses_nothing},
          {"watch_loses_nothing", watch_loses_nothing},
          {"sync_loses_nothing", sync_loses_nothing},
          {"sync_that_is_stopped_loses_nothing", sync_that_is_stopped_loses_nothing},
          {"sync_that_is_killed_loses_nothing", sync_that_is_killed_loses_nothing},
          {"all_jobs_at_once_lose_nothing", all_jobs_at_once_lose_nothing},
      });
}
