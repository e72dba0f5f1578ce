// For each cause of a log-out: how many there are in 500 rotations, and how long until the login is
// back or a person is told, with nobody, a six-hourly backup, or the watch to look after it.
#include <algorithm>
#include <fstream>
#include <list>
#include <random>
#include <vector>

#include "cmocka_cpp.h"
#include "keepers.h"
#include "per_client.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kRotations = 500;
constexpr int kRotationsBetweenIncidents = 5;

/// One run: a home, its agents, the endpoint, and who looks after the login.
struct Stage {
  using MakeKeeper = std::unique_ptr<Keeper> (*)(const Scene& scene);

  Stage(ReuseRule reuse, MakeKeeper make_keeper)
      : home(ClientStage::home()),
        clock(ClientStage::home() + ".clock"),
        ledger(reuse),
        agents(home, ledger, clock) {
    clock.set(Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)));
    agents.log_in();
    const Scene scene{home, agents, clock};
    six_hourly_backup(scene)->pass(0ms);  // the first backup enrols
    keeper = make_keeper(scene);
    keeper->catch_up();
  }

  /// Some time between now and the next refresh.
  void pass_some_time() {
    keeper->catch_up();
    const Millis span(std::uniform_int_distribution<Millis::rep>(
        0, Millis(kAccessLifetime - 2 * kRefreshesAhead).count())(random));
    keeper->pass(span);
  }
  void pass_to_refresh() {
    const CredentialsFile file = home.credentials();
    const Instant ends{Millis(integer_member(file.login(), "expiresAt").value())};
    keeper->pass(ends - kRefreshesAhead - clock.now());
  }

  ClientHome home;
  SimulatedClock clock;
  TokenLedger ledger;
  Agents agents;
  std::mt19937 random{20'261'121};
  std::unique_ptr<Keeper> keeper;
};

// --- what goes wrong, each from the moment on at which an agent would refresh ---

// Killed before the write, the reply lost, the disk full, asleep for too long, a program that wrote
// during the refresh so that 2.1.330 drops its tokens, a refresh by a copy of the login on another
// host: to this disk they are all one.
void new_tokens_never_reach_the_disk(Stage& stage) {
  static_cast<void>(stage.agents.ask_for_tokens());
}

void killed_after_the_write(Stage& stage) {
  stage.agents.refresh();
  stage.agents.abandon_locks();
}

// Both ask with the same token; the loser's answer comes a little later, as answers over a network
// do. What lay on disk for no longer than a moment nobody has seen.
void older_clients_race(Stage& stage) {
  const auto winner = stage.agents.ask_for_tokens();
  const auto loser = stage.agents.ask_for_tokens();
  if (winner) stage.agents.write_down(*winner);
  stage.keeper->wait(Millis(std::uniform_int_distribution(5, 200)(stage.random)));
  if (!loser) stage.agents.empty_login();
}

void stale_copy_written_over(Stage& stage) {
  const std::string before = stage.agents.file();
  stage.agents.refresh();
  stage.pass_some_time();
  stage.agents.overwrite(before);
}

void file_deleted(Stage& stage) {
  stage.agents.refresh();
  stage.pass_some_time();
  stage.agents.delete_file();
}

void file_cut_short(Stage& stage) {
  stage.agents.refresh();
  stage.pass_some_time();
  const std::string whole = stage.agents.file();
  stage.agents.overwrite(whole.substr(0, whole.size() / 2));
}

// --- what the watch is expected to make of it ---

struct Cause {
  const char* name;
  void (*happens)(Stage& stage);
  ReuseRule reuse;
  enum class Cure {
    none_needed,
    machine,  ///< within `cured_within`
    person,   ///< is told within ten seconds
  } cure;
  Millis cured_within;
};

constexpr Millis kToldWithin = 10s;

const Cause kCauses[] = {
    {"new tokens never reach the disk", new_tokens_never_reach_the_disk, ReuseRule::ends_family,
     Cause::Cure::person, kToldWithin},
    {"killed after the write", killed_after_the_write, ReuseRule::ends_family,
     Cause::Cure::none_needed, 0ms},
    {"older clients race, reuse refused", older_clients_race, ReuseRule::refuses,
     Cause::Cure::machine, 1s},
    {"older clients race, reuse ends all", older_clients_race, ReuseRule::ends_family,
     Cause::Cure::person, kToldWithin},
    {"stale copy written over", stale_copy_written_over, ReuseRule::ends_family,
     Cause::Cure::machine, 1s},
    // A log-out looks like that for a moment: the watch waits 3 s to tell them apart.
    {"file deleted", file_deleted, ReuseRule::ends_family, Cause::Cure::machine, 4s},
    {"file cut short", file_cut_short, ReuseRule::ends_family, Cause::Cure::machine, 1s},
};

/// What 500 rotations came to.
struct Account {
  int incidents = 0;
  int log_ins = 0;  ///< by a person, as nothing else helped
  std::vector<Millis> healed;
  std::vector<Millis> told;
  int silent = 0;
};

Account simulate(const Cause& cause, Stage::MakeKeeper make_keeper) {
  Stage stage(cause.reuse, make_keeper);
  Account account;
  for (int rotation = 1; rotation <= kRotations; ++rotation) {
    stage.pass_to_refresh();
    if (rotation % kRotationsBetweenIncidents != 0) {
      stage.agents.send_message();
      continue;
    }
    ++account.incidents;
    stage.keeper->catch_up();
    cause.happens(stage);
    const Aftermath aftermath = stage.keeper->look_after();
    if (aftermath.end == Aftermath::End::healed) account.healed.push_back(aftermath.after);
    if (aftermath.end == Aftermath::End::told) account.told.push_back(aftermath.after);
    if (aftermath.end == Aftermath::End::silent) ++account.silent;
    if (stage.agents.logged_in()) continue;
    ++account.log_ins;
    stage.pass_some_time();
    stage.agents.log_in();
  }
  return account;
}

std::string in_words(std::vector<Millis> times) {
  if (times.empty()) return "0";
  std::ranges::sort(times);
  const auto at = [&](std::size_t percent) {
    const Millis time = times[(times.size() - 1) * percent / 100];
    return time < 1min
               ? std::to_string(time.count()) + " ms"
               : std::to_string(time / 1h) + " h " + std::to_string(time % 1h / 1min) + " min";
  };
  return std::to_string(times.size()) + " (median " + at(50) + ", p99 " + at(99) + ")";
}

Account report(const char* keeper, const Cause& cause, Stage::MakeKeeper make_keeper) {
  Account account = simulate(cause, make_keeper);
  print_message(
      "%s, %s: %d incidents in %d rotations, %d log-outs, healed %s, told %s, silent %d\n",
      cause.name, keeper, account.incidents, kRotations, account.log_ins,
      in_words(account.healed).c_str(), in_words(account.told).c_str(), account.silent);
  return account;
}

bool all_within(const std::vector<Millis>& times, Millis limit) {
  return std::ranges::all_of(times, [limit](Millis time) { return time <= limit; });
}

const Cause& cause_of(void** state) {
  return *static_cast<const Cause*>(*state);
}

// Without it the others could not fail.
void nobody_looks_after_it(void** state) {
  const Cause& cause = cause_of(state);
  const Account account = report("nobody", cause, &nobody);
  assert_int_equal(account.log_ins, cause.cure == Cause::Cure::none_needed ? 0 : account.incidents);
}

void a_six_hourly_backup_makes_it_no_worse(void** state) {
  const Account account = report("six-hourly backup", cause_of(state), &six_hourly_backup);
  assert_true(account.log_ins <= account.incidents);
}

void the_watch_heals_it_or_says_so(void** state) {
  const Cause& cause = cause_of(state);
  const Account account = report("watch", cause, &the_watch);
  assert_int_equal(account.silent, 0);
  const bool person = cause.cure == Cause::Cure::person;
  assert_int_equal(account.log_ins, person ? account.incidents : 0);
  assert_true(all_within(person ? account.told : account.healed, cause.cured_within));
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  ClientStage::enter_machine();
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  const std::vector<ClientCase> questions = {
      {"nobody looks after it", nobody_looks_after_it},
      {"a six-hourly backup makes it no worse", a_six_hourly_backup_makes_it_no_worse},
      {"the watch heals it or says so", the_watch_heals_it_or_says_so},
  };
  std::list<std::string> names;
  std::vector<CMUnitTest> tests;
  for (const Cause& cause : kCauses) {
    for (const ClientCase& question : questions) {
      names.push_back(std::string(cause.name) + ": " + question.name);
      tests.push_back(
          {names.back().c_str(), question.function, nullptr, nullptr, const_cast<Cause*>(&cause)});
    }
  }
  return _cmocka_run_group_tests("continuity", tests.data(), tests.size(), nullptr, nullptr);
}
