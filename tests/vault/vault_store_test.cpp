// VaultStore and its child: a child that dies, talks nonsense or says nothing is a failure of the
// store like any other, and the deadline holds whatever it does.
#include "store/vault_store.h"

#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "double_server.h"
#include "scratch_directory.h"
#include "store/store_wire.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

using enum StoreErrorKind;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

constexpr const char* kDocument = "workstation/claude-users/emo";

VaultSettings settings_for(const std::string& address) {
  VaultSettings settings;
  settings.address = address;
  settings.max_retries = 0;
  return settings;
}

VaultStore store_with(const std::string& program, const std::string& address) {
  return {settings_for(address), kDocument, Secret::copy_of("root"), program};
}

VaultStore store_at(const DoubleServer& server) {
  return store_with(CLAUDE_AUTH_STORE_PROGRAM, server.address());
}

template <typename Result>
void assert_failed(const Result& result, StoreErrorKind kind) {
  assert_false(result.has_value());
  if (result.error().kind != kind) fail_msg("%s", result.error().sentence.c_str());
}

template <typename Result>
void assert_done(const Result& result) {
  if (!result) fail_msg("%s", result.error().sentence.c_str());
}

Fault fault(FaultKind kind) {
  Fault made;
  made.kind = kind;
  return made;
}

Json fields() {
  return std::move(parse_object(R"({"a":"b"})").value());
}

/// The outcome of a read through a program that is a shell script.
std::expected<StoredDocument, StoreError> read_through(const char* script,
                                                       Millis patience = Millis(5000)) {
  const ScratchDirectory scratch;
  auto store = store_with(scratch.script("store", script), "https://127.0.0.1:1");
  return store.read(Deadline::in(patience));
}

/// Frames: a length in octal escapes, then the text.
constexpr const char* kOpened = R"(printf '\000\000\000\031{"opened":{"warning":""}}' >&0;)";

void a_document_is_read_and_written(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  assert_done(store.write(*fields(), 0, soon()));
  const auto document = store.read(soon());
  assert_done(document);
  assert_true(json_equal(document->fields.get(), fields().get()));
}

void nothing_starts_before_the_first_request(void**) {
  const ScratchDirectory scratch;
  const std::string mark = scratch.path() + "/started";
  {
    const auto store = store_with(scratch.script("store", "touch " + mark), "https://127.0.0.1:1");
  }
  assert_int_not_equal(::access(mark.c_str(), F_OK), 0);
}

void a_start_ahead_asks_nothing(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  store.start_ahead(soon());
  store.expect_no_more();
  assert_int_equal(server.connections(), 0);
}

void the_child_that_was_started_ahead_serves_the_first_request(void**) {
  const ScratchDirectory scratch;
  const std::string count = scratch.path() + "/count";
  const DoubleServer server;
  auto store =
      store_with(scratch.script("store", "echo >>" + count + "; exec " CLAUDE_AUTH_STORE_PROGRAM),
                 server.address());
  store.start_ahead(soon());
  assert_done(store.look_up_self(soon()));
  assert_int_equal(std::filesystem::file_size(count), 1);
}

void the_first_request_tells_what_failed_ahead_of_it(void**) {
  auto store = store_with("/nonexistent/claude-auth-store", "https://127.0.0.1:1");
  store.start_ahead(soon());
  assert_failed(store.read(soon()), misconfigured);
}

void a_request_after_the_last_one_is_served_as_well(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  assert_done(store.look_up_self(soon()));
  store.expect_no_more();
  assert_done(store.look_up_self(soon()));
}

void one_child_and_one_connection_serve_a_job(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  assert_done(store.look_up_self(soon()));
  assert_done(store.read(soon()));
  assert_done(store.write(*fields(), 0, soon()));
  assert_int_equal(server.connections(), 1);
}

void a_read_is_one_request(void**) {
  const DoubleServer server;
  assert_done(store_at(server).read(soon()));
  assert_int_equal(server.requests().size(), 1);
}

void only_a_first_creation_looks_the_mount_up(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  assert_done(store.write(*fields(), 0, soon()));
  assert_done(store.write(*fields(), 1, soon()));
  assert_int_equal(server.requests().size(), 3);
}

void the_sandbox_is_complete_here(void**) {
  const DoubleServer server;
  auto store = store_at(server);
  assert_done(store.read(soon()));
  assert_string_equal(store.warning().c_str(), "");
}

void a_wrong_address_is_a_misconfiguration(void**) {
  auto store = store_with(CLAUDE_AUTH_STORE_PROGRAM, "http://vault.example");
  assert_failed(store.read(soon()), misconfigured);
}

void a_missing_program_is_a_misconfiguration(void**) {
  auto store = store_with("/nonexistent/claude-auth-store", "https://127.0.0.1:1");
  assert_failed(store.read(soon()), misconfigured);
}

void a_setting_that_is_no_utf8_is_a_misconfiguration(void**) {
  auto store = store_with(CLAUDE_AUTH_STORE_PROGRAM, "https://127.0.0.1:1/\xFF");
  assert_failed(store.read(soon()), misconfigured);
}

void a_child_that_ends_is_unreachable(void**) {
  assert_failed(read_through("exit 3"), unreachable);
}

void a_child_that_is_killed_is_unreachable(void**) {
  assert_failed(read_through("kill -KILL $$"), unreachable);
}

void a_child_that_ends_after_open_is_unreachable(void**) {
  assert_failed(read_through(kOpened), unreachable);
}

void a_child_that_talks_nonsense_is_garbled(void**) {
  assert_failed(read_through(R"(printf '\000\000\000\007nothing' >&0; exec sleep 60)"), garbled);
}

void a_child_that_answers_something_else_is_garbled(void**) {
  const std::string script =
      std::string(kOpened) + R"(printf '\000\000\000\031{"written":{"version":1}}' >&0;sleep 60)";
  assert_failed(read_through(script.c_str()), garbled);
}

void a_child_that_sends_too_much_is_garbled(void**) {
  assert_failed(read_through(R"(printf '\377\377\377\377' >&0; exec cat /dev/zero >&0)"), garbled);
}

void a_silent_child_ends_at_the_deadline(void**) {
  const Deadline late = Deadline::in(std::chrono::seconds(5));
  assert_failed(read_through("exec sleep 60", Millis(150)), unreachable);
  assert_false(late.passed());
}

void a_stopped_child_ends_at_the_deadline(void**) {
  const Deadline late = Deadline::in(std::chrono::seconds(5));
  assert_failed(read_through("kill -STOP $$", Millis(150)), unreachable);
  assert_false(late.passed());
}

// Killed, it would leave this life with the token in its memory.
void a_child_may_end_by_itself(void**) {
  const ScratchDirectory scratch;
  const std::string mark = scratch.path() + "/ended";
  const std::string script =
      std::string(kOpened) +
      R"(printf '\000\000\000\050{"document":{"fields":null,"version":0}}' >&0; cat >/dev/null; : >)" +
      mark;
  assert_done(store_with(scratch.script("store", script), "https://127.0.0.1:1").read(soon()));
  assert_int_equal(::access(mark.c_str(), F_OK), 0);
}

void a_child_that_does_not_end_is_killed(void**) {
  const ScratchDirectory scratch;
  const std::string script =
      std::string(kOpened) +
      R"(printf '\000\000\000\050{"document":{"fields":null,"version":0}}' >&0; exec sleep 60)";
  const Deadline late = Deadline::in(std::chrono::seconds(5));
  assert_done(store_with(scratch.script("store", script), "https://127.0.0.1:1").read(soon()));
  assert_false(late.passed());
}

void no_child_is_left_behind(void**) {
  assert_failed(read_through("exec sleep 60", Millis(100)), unreachable);
  assert_int_equal(::waitpid(-1, nullptr, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
}

void a_deadline_that_has_passed_starts_no_work(void**) {
  const DoubleServer server;
  assert_failed(store_at(server).read(Deadline::in(Millis(0))), unreachable);
  assert_int_equal(server.connections(), 0);
}

// What the child waits for ends long before we would: its sentence, not ours, on any machine.
void a_hanging_server_is_told_by_the_child(void**) {
  DoubleServer server;
  server.inject(fault(FaultKind::hang));
  VaultSettings settings = settings_for(server.address());
  settings.request_timeout = Millis(300);
  VaultStore store(settings, kDocument, Secret::copy_of("root"), CLAUDE_AUTH_STORE_PROGRAM);
  const auto result = store.read(Deadline::in(std::chrono::minutes(1)));
  assert_failed(result, unreachable);
  assert_true(result.error().sentence.find(server.address()) != std::string::npos);
}

void the_child_is_given_less_time_than_there_is(void**) {
  const ScratchDirectory scratch;
  const std::string request = scratch.path() + "/request";
  const std::string script =
      "dd bs=4 count=1 of=/dev/null 2>&1\ndd bs=4096 count=1 of=" + request + " 2>&1";
  const auto patience = std::chrono::minutes(1);
  auto store = store_with(scratch.script("store", script), "https://127.0.0.1:1");
  assert_failed(store.read(Deadline::in(patience)), unreachable);
  std::ifstream file(request);
  const std::string text{std::istreambuf_iterator(file), {}};
  const auto asked = store_wire::decode_request(text);
  assert_true(asked.has_value());
  assert_true(asked->remaining > Millis(0) && asked->remaining <= patience - Millis(20));
}

void the_next_request_starts_a_new_child(void**) {
  DoubleServer server;
  const ScratchDirectory scratch;
  const std::string mark = scratch.path() + "/failed-once";
  auto store = store_with(
      scratch.script("store", "[ -e " + mark + " ] && exec " CLAUDE_AUTH_STORE_PROGRAM "\ntouch " +
                                  mark + "\nexit 1"),
      server.address());
  assert_failed(store.read(soon()), unreachable);
  assert_done(store.read(soon()));
}

void a_lost_reply_to_a_write_is_no_success(void**) {
  DoubleServer server;
  auto store = store_at(server);
  Fault lost = fault(FaultKind::lose_reply);
  lost.method = "POST";
  server.inject(lost);
  assert_false(store.write(*fields(), 0, soon()).has_value());
}

void a_lost_reply_to_a_write_is_seen_by_reading_again(void**) {
  DoubleServer server;
  auto store = store_at(server);
  Fault lost = fault(FaultKind::lose_reply);
  lost.method = "POST";
  server.inject(lost);
  static_cast<void>(store.write(*fields(), 0, soon()));
  const auto document = store.read(soon());
  assert_done(document);
  assert_int_equal(document->version, 1);
}

void truncated_json_is_garbled(void**) {
  DoubleServer server;
  auto store = store_at(server);
  assert_done(store.write(*fields(), 0, soon()));
  server.inject(fault(FaultKind::truncate));
  assert_failed(store.read(soon()), garbled);
}

void retry_after_reaches_the_job(void**) {
  DoubleServer server;
  Fault limited;
  limited.answer = {429, "", {{"Retry-After", "30"}}};
  server.inject(limited);
  const auto result = store_at(server).read(soon());
  assert_failed(result, busy);
  assert_true(result.error().retry_after == std::chrono::seconds(30));
}

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void the_child_holds_nothing_but_its_socket(void**) {
  DoubleServer server;
  auto store = store_at(server);
  assert_done(store.read(soon()));
  const std::string self = std::to_string(::getpid());
  std::string child = whole_file("/proc/self/task/" + self + "/children");
  child.erase(child.find_last_not_of(" \n") + 1);
  const std::string place = "/proc/" + child;
  assert_true(whole_file(place + "/environ").empty());
  assert_true(whole_file(place + "/cmdline") == std::string("claude-auth-store\0", 18));
  std::error_code refused;
  const std::filesystem::directory_iterator descriptors(place + "/fd", refused);
  if (refused) {
    print_message("SKIP: only root may look at the descriptors of a guarded process\n");
    skip();
  }
  // Its socket, the two null devices, the connection to the server, and libcurl's wake-up.
  assert_in_range(std::distance(begin(descriptors), end(descriptors)), 3, 6);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_document_is_read_and_written),
      cmocka_unit_test(nothing_starts_before_the_first_request),
      cmocka_unit_test(a_start_ahead_asks_nothing),
      cmocka_unit_test(the_child_that_was_started_ahead_serves_the_first_request),
      cmocka_unit_test(the_first_request_tells_what_failed_ahead_of_it),
      cmocka_unit_test(a_request_after_the_last_one_is_served_as_well),
      cmocka_unit_test(one_child_and_one_connection_serve_a_job),
      cmocka_unit_test(a_read_is_one_request),
      cmocka_unit_test(only_a_first_creation_looks_the_mount_up),
      cmocka_unit_test(the_sandbox_is_complete_here),
      cmocka_unit_test(a_wrong_address_is_a_misconfiguration),
      cmocka_unit_test(a_missing_program_is_a_misconfiguration),
      cmocka_unit_test(a_setting_that_is_no_utf8_is_a_misconfiguration),
      cmocka_unit_test(a_child_that_ends_is_unreachable),
      cmocka_unit_test(a_child_that_is_killed_is_unreachable),
      cmocka_unit_test(a_child_that_ends_after_open_is_unreachable),
      cmocka_unit_test(a_child_that_talks_nonsense_is_garbled),
      cmocka_unit_test(a_child_that_answers_something_else_is_garbled),
      cmocka_unit_test(a_child_that_sends_too_much_is_garbled),
      cmocka_unit_test(a_silent_child_ends_at_the_deadline),
      cmocka_unit_test(a_stopped_child_ends_at_the_deadline),
      cmocka_unit_test(a_child_may_end_by_itself),
      cmocka_unit_test(a_child_that_does_not_end_is_killed),
      cmocka_unit_test(no_child_is_left_behind),
      cmocka_unit_test(a_deadline_that_has_passed_starts_no_work),
      cmocka_unit_test(a_hanging_server_is_told_by_the_child),
      cmocka_unit_test(the_child_is_given_less_time_than_there_is),
      cmocka_unit_test(the_next_request_starts_a_new_child),
      cmocka_unit_test(a_lost_reply_to_a_write_is_no_success),
      cmocka_unit_test(a_lost_reply_to_a_write_is_seen_by_reading_again),
      cmocka_unit_test(truncated_json_is_garbled),
      cmocka_unit_test(retry_after_reaches_the_job),
      cmocka_unit_test(the_child_holds_nothing_but_its_socket),
  };
  return cmocka_run_group_tests_name("vault_store", tests, nullptr, nullptr);
}
