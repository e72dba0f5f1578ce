// `claude-auth-admin status`, against the double, or with --server against a real one: what it asks
// of whom, and what nobody can make it say.
#include "admin/fleet_status.h"

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "admin/fleet.h"
#include "admin/records.h"
#include "admin/vault_survey.h"
#include "base/json.h"
#include "chosen_server.h"
#include "fleet_world.h"

namespace claude_auth::testing {
namespace {

using Format = FleetStatusOptions::Format;

/// A server, and a world on it.
struct Stage {
  ChosenServer server;
  FleetWorld world{server.under_test()};
};

std::size_t reads_of_documents(const DoubleServer& server) {
  std::size_t reads = 0;
  for (const SeenRequest& seen : server.requests()) {
    assert_string_equal(seen.method.c_str(), "GET");
    if (seen.path.starts_with("secret/data/workstation/claude-users/")) ++reads;
  }
  return reads;
}

std::string line_with(const JobRun& run, const std::string& text) {
  for (const std::string& line : run.lines())
    if (line.contains(text)) return line;
  return {};
}

void a_fleet_that_is_well_needs_nobody(void**) {
  Stage stage;
  stage.world.add_well("emo");
  stage.world.add_well("ana");
  const JobRun run = stage.world.status();
  assert_string_equal(run.last_line().c_str(), "2 users: 2 well");
  assert_int_equal(run.exit_status, 0);
}

void two_thousand_users_cost_one_request_each_over_eight_connections(void**) {
  constexpr std::size_t kUsers = 2'000;
  ChosenServer server;
  FleetWorld world(server.under_test());
  std::vector<std::string> users;
  users.reserve(kUsers);
  for (std::size_t i = 0; i < kUsers; ++i) users.push_back("user" + std::to_string(i));
  world.store(users[7], FleetWorld::with_login("a"));
  const std::size_t before = server.connections();
  server.forget_requests();

  auto context = world.context();
  const auto start = std::chrono::steady_clock::now();
  std::size_t progressed = 0;
  const auto facts = survey_documents(context, users, Deadline::in(std::chrono::minutes(1)),
                                      [&](std::size_t done, std::size_t) { progressed = done; });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%zu documents: %.2f s\n", kUsers, took.count());

  assert_int_equal(reads_of_documents(server), kUsers);
  assert_int_equal(server.requests().size(), kUsers);
  assert_in_range(server.connections() - before, 1, kSurveyConnections);
  assert_int_equal(progressed, kUsers);
  for (std::size_t i = 0; i < kUsers; ++i)
    assert_true(facts[i] && (facts[i]->backup == BackupSeen::valid) == (i == 7));
}

void a_dead_server_is_asked_by_each_connection_once(void**) {
  Stage stage;
  std::vector<std::string> users(500, "emo");
  stage.server.forget_requests();
  stage.server.inject(
      {.path = "secret/data/", .times = -1, .answer = error_answer(503, {"Vault is sealed"})});
  auto context = stage.world.context();
  const auto facts = survey_documents(context, users, Deadline::in(std::chrono::minutes(1)));
  assert_in_range(stage.server.requests().size(), 1, kSurveyConnections);
  for (const auto& one : facts) assert_true(!one && one.error().kind == StoreErrorKind::sealed);
}

void a_sealed_server_is_told_and_the_rest_still_shown(void**) {
  Stage stage;
  stage.world.add_well("emo");
  stage.server.inject(
      {.path = "secret/data/", .times = -1, .answer = error_answer(503, {"Vault is sealed"})});
  const JobRun run = stage.world.status();
  assert_false(line_with(run, "1 document could not be read: vault: ").empty());
  assert_string_equal(run.last_line().c_str(), "1 user: 1 well");
  assert_int_equal(run.exit_status, 1);
}

void one_setup_token_of_two_users_is_flagged_for_both(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  const auto ana = stage.world.add_well("ana");
  stage.world.add_well("bob");
  for (const auto& user : {emo, ana})
    stage.world.store(user, FleetWorld::with_setup_token("sk-ant-oat01-TEST-shared"));
  const JobRun run = stage.world.status();
  assert_false(line_with(run, "the setup token of " + ana).empty());
  assert_false(line_with(run, "the setup token of " + emo).empty());
  assert_string_equal(run.last_line().c_str(), "3 users: 1 well, 2 need a person");
  assert_true(run.text.find("TEST-shared") == std::string::npos);
}

void one_account_of_two_users_is_flagged_for_both(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  const auto ana = stage.world.add_well("ana");
  for (const auto& user : {emo, ana}) stage.world.store(user, FleetWorld::with_login("one"));
  const JobRun run = stage.world.status();
  assert_false(line_with(run, "the Claude account of " + ana).empty());
  assert_false(line_with(run, "the Claude account of " + emo).empty());
}

void one_user_alone_is_compared_with_all(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  const auto ana = stage.world.add_well("ana");
  for (const auto& user : {emo, ana}) stage.world.store(user, FleetWorld::with_login("one"));
  FleetStatusOptions options;
  options.user = emo;
  const JobRun run = stage.world.status(options);
  assert_false(line_with(run, "the Claude account of " + ana).empty());
  assert_string_equal(run.last_line().c_str(), "1 user: 0 well, 1 needs a person");
}

void a_hostile_user_shows_nothing_but_his_own_silence(void**) {
  const std::string flood(1 << 20, 'A');
  for (const std::string& said :
       {std::string("\033[2J\033[1;1Hroot is well\n"), flood, "{\"format\":1,\"user\":\"" + flood,
        std::string("{\"format\":1,\"heals\":NaN}"), std::string(100'000, '['),
        std::string("\0\n", 2)}) {
    Stage stage;
    stage.world.says(stage.world.add_well("eve"), said);
    const auto emo = stage.world.add_well("emo");
    const JobRun run = stage.world.status();
    assert_string_equal(run.last_line().c_str(), "2 users: 1 well, 1 unknown");
    for (const char byte : run.text) assert_true(byte == '\n' || (byte >= ' ' && byte <= '~'));
    assert_true(run.text.size() < 2'000);
    assert_true(line_with(run, emo).contains("OK"));
  }
}

void what_a_liar_says_stays_on_his_own_row(void**) {
  Stage stage;
  const auto eve = stage.world.add_well("eve");
  const auto emo = stage.world.add_well("emo");
  stage.world.says(
      eve, R"({"format":1,"user":")" + emo +
               R"(","enrolled":true,"login":{"state":"unreadable","problem":"x\n\u001b[31m)" + emo +
               R"( FAIL"},"backup":{"state":"none"}})");
  const JobRun run = stage.world.status_as(Format::json);
  auto root = parse_object(run.text);
  assert_true(root.has_value());
  const json_t* const users = json_object_get(root->get(), "users");
  const json_t* const honest = json_array_get(users, 1);
  assert_true(string_member(honest, "user") == emo);
  assert_true(string_member(honest, "health") == "well");
}

void a_users_program_that_fails_is_unknown(void**) {
  Stage stage;
  stage.world.says(stage.world.add_well("eve"), FleetWorld::honest_report(), 1);
  assert_string_equal(stage.world.status().last_line().c_str(), "1 user: 0 well, 1 unknown");
}

void with_an_admins_token_nobody_else_asks_the_store(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  stage.world.host.person(emo).answers.erase("status --json");
  assert_string_equal(stage.world.status().last_line().c_str(), "1 user: 1 well");
}

void without_an_admins_token_each_user_asks_for_himself(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  stage.world.host.person(emo).answers.erase("status --json --local");
  stage.world.admin_token.reset();
  stage.server.forget_requests();
  const JobRun run = stage.world.status();
  assert_string_equal(run.last_line().c_str(), "1 user: 1 well");
  assert_false(line_with(run, "no admin's Vault token").empty());
  assert_int_equal(stage.server.requests().size(), 0);
}

void who_is_not_root_sees_documents_and_says_what_he_cannot_see(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  stage.world.host.forget(emo);
  stage.world.is_root = false;
  const JobRun run = stage.world.status();
  assert_false(line_with(run, "not root").empty());
  assert_string_equal(run.last_line().c_str(), "1 user: 0 well, 1 unknown");
  assert_int_equal(run.exit_status, 1);
}

void who_can_see_nothing_is_told_so(void**) {
  Stage stage;
  stage.world.add_well("emo");
  stage.world.is_root = false;
  stage.world.admin_token.reset();
  const JobRun run = stage.world.status();
  assert_true(run.text.contains("nothing can be seen from here"));
  assert_int_equal(run.exit_status, 1);
}

void users_who_are_left_out_are_not_run_as(void**) {
  Stage stage;
  const auto dora = stage.world.add_well("dora");
  stage.world.list(dora, "parked: true");
  stage.world.host.person(dora).answers.clear();
  stage.world.host.person(dora).units = UnitsState::off;
  assert_string_equal(stage.world.status().last_line().c_str(), "1 user: 0 well, 1 left alone");
}

void the_end_of_a_token_comes_from_its_accessor(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  const std::string token = stage.world.mint(emo, R"(,"period":"48h")");
  {
    const auto records = Records::open(stage.world.records_dir(), Deadline::in(Millis(1'000)));
    TokenRecord record;
    record.accessor = stage.world.accessor_of(token);
    assert_true(records && records->save(emo, record).has_value());
  }
  const JobRun run = stage.world.status();
  assert_false(line_with(run, "the Vault token ends in 2 days").empty());
  assert_true(run.text.find(token) == std::string::npos);
}

void metrics_are_written_for_everybody_to_read(void**) {
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  const test::TemporaryDirectory dir;
  FleetStatusOptions options;
  options.format = Format::prometheus;
  options.output = dir / "claude-auth.prom";
  const JobRun run = stage.world.status(options);
  assert_int_equal(run.exit_status, 0);
  assert_string_equal(run.text.c_str(), "");
  struct stat found{};
  assert_int_equal(::stat(options.output.c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0644);
  assert_true(
      test::contents(options.output).contains("claude_auth_units_on{user=\"" + emo + "\"} 1\n"));
  assert_int_equal(test::entries_in(dir.path()), 1);
}

void metrics_that_cannot_be_written_leave_the_old_ones(void**) {
  Stage stage;
  stage.world.add_well("emo");
  FleetStatusOptions options;
  options.format = Format::prometheus;
  options.output = "/proc/none/claude-auth.prom";
  const JobRun run = stage.world.status(options);
  assert_int_equal(run.exit_status, 1);
  assert_true(run.text.contains("/proc/none"));
}

/// Reads what comes out of a terminal until it holds `text` `times` times; all of it.
std::string read_until(int terminal, const std::string& text, int times) {
  std::string seen;
  for (std::array<char, 4096> chunk;;) {
    int found = 0;
    for (std::size_t at = seen.find(text); at != std::string::npos; at = seen.find(text, at + 1))
      ++found;
    if (found >= times) return seen;
    const ssize_t got = ::read(terminal, chunk.data(), chunk.size());
    if (got <= 0) fail_msg("only %d of %d came: %s", found, times, seen.c_str());
    seen.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

/// `status --watch` on a terminal of its own; killed by the destructor.
class Watch {
 public:
  explicit Watch(FleetWorld& world) {
    const FleetStatusOptions options{
        .roster = world.roster_path(), .user = {}, .output = {}, .watch = std::chrono::seconds(1)};
    auto context = world.context();
    const winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    child_ = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::unsetenv("NO_COLOR");
      ::_exit(fleet_status(context, options));
    }
    terminal_ = UniqueFd(terminal);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  /// What it shows until that holds `text` `times` times.
  std::string shows(const std::string& text, int times) {
    return read_until(terminal_.get(), text, times);
  }

 private:
  UniqueFd terminal_;
  pid_t child_ = -1;
};

void skip_where_nobody_can_fork() {
#ifdef __SANITIZE_THREAD__
  print_message("SKIP: under ThreadSanitizer a child of many threads may start none\n");
  skip();
#endif
}

void a_watch_draws_over_what_it_drew_before(void**) {
  skip_where_nobody_can_fork();
  Stage stage;
  stage.world.add_well("emo");
  const std::string seen = Watch(stage.world).shows("\033[J", 2);
  assert_int_equal(seen.find("\033[2J"), seen.rfind("\033[2J"));
  assert_true(seen.find("\033[H") != seen.rfind("\033[H"));
  assert_true(seen.contains("\033[32m1 well\033[0m"));
}

void a_watch_outlives_a_faulty_roster(void**) {
  skip_where_nobody_can_fork();
  Stage stage;
  const auto emo = stage.world.add_well("emo");
  Watch watch(stage.world);
  (void)watch.shows("1 well", 1);
  stage.world.list(emo, "claude_auth: perhaps");
  (void)watch.shows("should be true or false", 1);
  stage.world.list(emo, "claude_auth: true");
  (void)watch.shows("1 well", 1);
}

void an_unknown_user_is_refused(void**) {
  Stage stage;
  stage.world.add_well("emo");
  FleetStatusOptions options;
  options.user = "nobody-here";
  const JobRun run = stage.world.status(options);
  assert_int_equal(run.exit_status, 1);
  assert_true(run.text.contains("nobody-here is not in " + stage.world.roster_path()));
}

int run() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_fleet_that_is_well_needs_nobody),
      cmocka_unit_test(two_thousand_users_cost_one_request_each_over_eight_connections),
      cmocka_unit_test(a_dead_server_is_asked_by_each_connection_once),
      cmocka_unit_test(a_sealed_server_is_told_and_the_rest_still_shown),
      cmocka_unit_test(one_setup_token_of_two_users_is_flagged_for_both),
      cmocka_unit_test(one_account_of_two_users_is_flagged_for_both),
      cmocka_unit_test(one_user_alone_is_compared_with_all),
      cmocka_unit_test(a_hostile_user_shows_nothing_but_his_own_silence),
      cmocka_unit_test(what_a_liar_says_stays_on_his_own_row),
      cmocka_unit_test(a_users_program_that_fails_is_unknown),
      cmocka_unit_test(with_an_admins_token_nobody_else_asks_the_store),
      cmocka_unit_test(without_an_admins_token_each_user_asks_for_himself),
      cmocka_unit_test(who_is_not_root_sees_documents_and_says_what_he_cannot_see),
      cmocka_unit_test(who_can_see_nothing_is_told_so),
      cmocka_unit_test(users_who_are_left_out_are_not_run_as),
      cmocka_unit_test(the_end_of_a_token_comes_from_its_accessor),
      cmocka_unit_test(metrics_are_written_for_everybody_to_read),
      cmocka_unit_test(metrics_that_cannot_be_written_leave_the_old_ones),
      cmocka_unit_test(a_watch_draws_over_what_it_drew_before),
      cmocka_unit_test(a_watch_outlives_a_faulty_roster),
      cmocka_unit_test(an_unknown_user_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  return claude_auth::testing::on_chosen_server(argc, argv, &claude_auth::testing::run);
}
