#include "keepers.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "jobs/document.h"
#include "store/local_store.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Millis kJobTakes = 60s;
constexpr Millis kGrace = 10s;
constexpr Millis kNoticesWithin = 30s;
constexpr Millis kToldWithin = 20s;
// Of all agents together, in real time: eight that send one every two seconds.
constexpr Millis kBetweenMessages = 250ms;

Command job(const Scene& scene, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "simulated-job");
  const std::string clock = scene.home.user().home + ".clock";
  return {.path = SIMULATED_JOB,
          .arguments = std::move(arguments),
          .environment = scene.home.environment({std::string(kClockVariable) + "=" + clock})};
}

/// Runs a job to its end. Whether it had nothing to complain about.
bool succeeds(const Scene& scene, const char* name) {
  const auto finished = run(job(scene, {name}), Deadline::in(kJobTakes), kGrace, 1 << 16);
  if (!finished) std::abort();
  return finished->wait_status == 0;
}

class Nobody : public Keeper {
 public:
  using Keeper::Keeper;

  Aftermath look_after() override {
    scene_.agents.send_message();
    return {.end = scene_.agents.logged_in() ? Aftermath::End::unharmed : Aftermath::End::silent};
  }
};

class SixHourlyBackup : public Keeper {
 public:
  explicit SixHourlyBackup(const Scene& scene) : Keeper(scene), next_(scene.clock.now()) {}

  void pass(Millis span) override {
    const Instant end = scene_.clock.now() + span;
    for (; next_ <= end; next_ += kEvery) {
      scene_.clock.set(next_);
      static_cast<void>(succeeds(scene_, "backup"));
    }
    scene_.clock.set(end);
  }

  // As the timer's job does it: what is valid is backed up, what is not is restored, once.
  Aftermath look_after() override {
    const Instant start = scene_.clock.now();
    scene_.agents.send_message();
    if (scene_.agents.logged_in()) return {};
    bool told = false;
    while (!told && !scene_.agents.logged_in()) {
      scene_.clock.set(next_);
      next_ += kEvery;
      if (scene_.home.credentials().login() != nullptr)
        static_cast<void>(succeeds(scene_, "backup"));
      else
        told = !succeeds(scene_, "restore");
      scene_.agents.send_message();
    }
    return {.end = told ? Aftermath::End::told : Aftermath::End::healed,
            .after = scene_.clock.now() - start};
  }

 private:
  static constexpr std::chrono::hours kEvery{6};
  Instant next_;
};

/// Wakes when something changes in one of a few directories.
class Changes {
 public:
  explicit Changes(std::initializer_list<std::string> directories)
      : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    for (const std::string& directory : directories)
      ::inotify_add_watch(inotify_.get(), directory.c_str(),
                          IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MODIFY);
  }

  /// Waits until `holds`, asked after each change. False at the deadline.
  template <typename Predicate>
  bool until(Deadline deadline, Predicate holds) {
    while (!holds()) {
      pollfd event{inotify_.get(), POLLIN, 0};
      if (::poll(&event, 1, deadline.poll_timeout()) <= 0) return holds();
      std::array<char, 4096> ignored;
      while (::read(inotify_.get(), ignored.data(), ignored.size()) > 0) {
      }
    }
    return true;
  }

 private:
  UniqueFd inotify_;
};

class TheWatch : public Keeper {
 public:
  explicit TheWatch(const Scene& scene)
      : Keeper(scene),
        changes_({scene.home.paths().claude_dir, scene.home.paths().state_dir,
                  scene.home.paths().local_store}) {
    auto child = Child::start(job(scene, {"watch"}), -1, -1);
    if (!child) std::abort();
    child_.emplace(std::move(*child));
  }
  ~TheWatch() override { child_->stop(kGrace); }

  void pass(Millis span) override {
    wait_until_it_is([this] { return last_seen(); });
    Keeper::pass(span);
  }

  // What it backs up, it has in memory.
  void catch_up() override {
    wait_until_it_is([this] { return backed_up(); });
  }

  void wait(Millis span) override { ::poll(nullptr, 0, static_cast<int>(span.count())); }

  // Every agent that finds a login tries it: so a wrong one does not last.
  Aftermath look_after() override {
    if (scene_.agents.logged_in()) return {};
    using End = Aftermath::End;
    const auto start = std::chrono::steady_clock::now();
    const std::size_t read_before = log_size();
    const Deadline longest = Deadline::in(kToldWithin);
    End end = End::silent;
    while (end == End::silent && !longest.passed()) {
      const bool ended = changes_.until(Deadline::in(kBetweenMessages), [&] {
        if (scene_.agents.logged_in())
          end = End::healed;
        else if (asks_for_person(read_before))
          end = End::told;
        return end != End::silent;
      });
      if (!ended) scene_.agents.send_message();
    }
    const auto took = std::chrono::steady_clock::now() - start;
    return {.end = end, .after = std::chrono::duration_cast<Millis>(took)};
  }

 private:
  /// Waits until `generation` tells the login on disk.
  template <typename Tell>
  void wait_until_it_is(Tell generation) {
    const CredentialsFile file = scene_.home.credentials();
    if (file.login() == nullptr) return;
    const std::string hash = generation_of(*file.login()).hash;
    if (!changes_.until(Deadline::in(kNoticesWithin), [&] { return generation() == hash; })) {
      std::fputs("the watch does not notice a new login\n", stderr);
      std::abort();
    }
  }

  std::string backed_up() {
    const auto stored = LocalStore(scene_.home.paths().local_store).read(Deadline::never());
    if (!stored) return {};
    const Document document(*stored);
    return document.login() != nullptr ? generation_of(*document.login()).hash : "";
  }

  std::string last_seen() {
    std::ifstream stream(scene_.home.paths().state);
    std::stringstream bytes;
    bytes << stream.rdbuf();
    const auto state = parse_object(bytes.str());
    return state ? std::string(string_member(state->get(), "last_seen").value_or("")) : "";
  }

  std::size_t log_size() {
    std::ifstream log(scene_.home.paths().log, std::ios::ate);
    return log ? static_cast<std::size_t>(log.tellg()) : 0;
  }

  bool asks_for_person(std::size_t after) {
    std::ifstream log(scene_.home.paths().log);
    log.seekg(static_cast<std::streamoff>(after));
    for (std::string line; std::getline(log, line);)
      if (line.contains(" FAIL ") && line.contains("claude auth login")) return true;
    return false;
  }

  Changes changes_;
  std::optional<Child> child_;
};

}  // namespace

std::unique_ptr<Keeper> nobody(const Scene& scene) {
  return std::make_unique<Nobody>(scene);
}

std::unique_ptr<Keeper> six_hourly_backup(const Scene& scene) {
  return std::make_unique<SixHourlyBackup>(scene);
}

std::unique_ptr<Keeper> the_watch(const Scene& scene) {
  return std::make_unique<TheWatch>(scene);
}

}  // namespace claude_auth::testing
