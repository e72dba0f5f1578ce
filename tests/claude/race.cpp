#include "race.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <thread>

#include "client_home.h"
#include "fake_claude_service.h"
#include "per_client.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

// Claude refreshes from 300 s before the end on: with every message.
constexpr Millis kAccessLifetime = 20s;
constexpr Millis kReplyTakes = 60s;
constexpr Millis kLongest = 15min;
constexpr Millis kGrace = 10s;

class Race {
 public:
  Race(const RealClient& client, const RaceOptions& options)
      : client_(client),
        options_(options),
        service_(kAccessLifetime, ClientStage::home() + ".authority"),
        home_(ClientStage::home()) {
    std::filesystem::create_directories(home_.user().home + "/.local/bin");
    std::filesystem::create_symlink(client.path, home_.user().home + "/.local/bin/claude");
    log_in();
    // The first backup enrols the user.
    run_to_end({.command = {CLAUDE_AUTH_SYNC, "backup"}});
  }

  RaceResult run();

 private:
  void agent();
  void look_after_the_login();
  void run_beside(const Beside& beside);
  void run_to_end(const Beside& beside);
  [[nodiscard]] Command command_of(const Beside& beside) const;
  void log_in() { home_.write_login(*service_.log_in()); }
  [[nodiscard]] bool login_is_current();
  Millis random_up_to(Millis most);
  bool pause(Millis span);
  void end();

  const RealClient& client_;
  const RaceOptions& options_;
  FakeClaudeService service_;
  ClientHome home_;
  std::shared_mutex person_;  // held alone while a person logs in
  std::mutex mutex_;          // of the three below
  std::condition_variable changed_;
  bool over_ = false;
  std::mt19937 random_{20'261'121};
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> runs_ = 0;
};

/// False once the race is over.
bool Race::pause(Millis span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return over_; });
}

void Race::end() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

bool Race::login_is_current() {
  const CredentialsFile file = home_.credentials();
  return file.login() != nullptr &&
         service_.is_current(std::string(string_member(file.login(), "refreshToken").value_or("")));
}

void Race::look_after_the_login() {
  const std::lock_guard alone(person_);
  if (login_is_current()) {
    ++failures_;
    return;
  }
  ++lost_;
  log_in();
}

void Race::agent() {
  auto session =
      std::make_unique<ClientSession>(client_, home_.environment(service_.client_environment()));
  do {
    std::shared_lock nobody_logs_in(person_);
    const auto reply = session->ask(kReplyTakes);
    nobody_logs_in.unlock();
    if (reply == "AUTH_OK") continue;
    look_after_the_login();
    if (!reply)
      session = std::make_unique<ClientSession>(client_,
                                                home_.environment(service_.client_environment()));
  } while (pause(0ms));
}

Command Race::command_of(const Beside& beside) const {
  return {.path = beside.command.front(),
          .arguments = beside.command,
          .environment = home_.environment(service_.client_environment())};
}

void Race::run_to_end(const Beside& beside) {
  const UniqueFd log(::open((home_.temporary() + "/beside.log").c_str(),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  auto child = Child::start(command_of(beside), log.get(), log.get());
  if (!child) {
    std::perror(beside.command.front().c_str());
    std::exit(1);
  }
  ++runs_;
  if (beside.every == 0ms) {
    while (pause(1h)) {
    }
    child->stop(kGrace);
    return;
  }
  if (beside.stopped_within > 0ms &&
      !child->wait(Deadline::in(random_up_to(beside.stopped_within))))
    ::kill(child->pid(), beside.signal);
  static_cast<void>(child->wait(Deadline::never()));
}

Millis Race::random_up_to(Millis most) {
  const std::lock_guard lock(mutex_);
  return Millis(std::uniform_int_distribution<Millis::rep>(0, most.count())(random_));
}

void Race::run_beside(const Beside& beside) {
  do {
    const Deadline next = Deadline::in(beside.every);
    run_to_end(beside);
    if (!pause(next.remaining())) return;
  } while (true);
}

RaceResult Race::run() {
  const auto start = std::chrono::steady_clock::now();
  {
    std::list<std::jthread> threads;
    for (int i = 0; i < options_.agents; ++i) threads.emplace_back([this] { agent(); });
    for (const Beside& beside : options_.beside)
      threads.emplace_back([this, &beside] { run_beside(beside); });
    const Deadline longest = Deadline::in(kLongest);
    while (service_.counters().rotations < options_.rotations && !longest.passed()) pause(100ms);
    end();
  }
  if (!login_is_current()) ++lost_;
  return {.rotations = service_.counters().rotations,
          .lost = lost_,
          .failures = failures_,
          .runs = runs_,
          .took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start)};
}

}  // namespace

RaceResult race(const RealClient& client, const RaceOptions& options) {
  return Race(client, options).run();
}

}  // namespace claude_auth::testing
