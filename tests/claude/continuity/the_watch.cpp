// The watch, in real time: a simulated clock says when tokens end, and nothing else.
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "jobs/document.h"
#include "keeper.h"
#include "store/local_store.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr Millis kGrace = 10s;
constexpr Millis kNoticesWithin = 30s;
constexpr Millis kToldWithin = 20s;
// Of all agents together: eight that send one every two seconds.
constexpr Millis kBetweenMessages = 250ms;

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
  explicit TheWatch(Scene& scene) : Keeper(scene), changes_(enrolled(*this)) {
    auto child = Child::start(job("watch"), -1, -1);
    if (!child) std::abort();
    child_.emplace(std::move(*child));
  }
  ~TheWatch() override { child_->stop(kGrace); }

  // What it has stamped it has in memory as well.
  void pass(Millis span) override {
    wait_until_it_is([this] { return last_seen(); });
    Keeper::pass(span);
  }

  void catch_up() override {
    wait_until_it_is([this] { return backed_up(); });
  }

  void wait(Millis span) override { ::poll(nullptr, 0, static_cast<int>(span.count())); }

  Aftermath look_after() override {
    if (scene_.logged_in()) return {};
    using End = Aftermath::End;
    const auto start = std::chrono::steady_clock::now();
    const std::size_t read_before = log_size();
    const Deadline longest = Deadline::in(kToldWithin);
    End end = End::silent;
    while (end == End::silent && !longest.passed()) {
      const bool ended = changes_.until(Deadline::in(kBetweenMessages), [&] {
        if (scene_.logged_in())
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
  /// The directories that a first backup has made.
  static Changes enrolled(const TheWatch& watch) {
    watch.run_job("backup");
    const Paths& paths = watch.scene_.home.paths();
    return Changes({paths.claude_dir, paths.state_dir, paths.local_store});
  }

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

  [[nodiscard]] std::string backed_up() const {
    const auto stored = LocalStore(scene_.home.paths().local_store).read(Deadline::never());
    if (!stored) return {};
    const Document document(*stored);
    return document.login() != nullptr ? generation_of(*document.login()).hash : "";
  }

  [[nodiscard]] std::string last_seen() const {
    std::ifstream stream(scene_.home.paths().state);
    std::stringstream bytes;
    bytes << stream.rdbuf();
    const auto state = parse_object(bytes.str());
    return state ? std::string(string_member(state->get(), "last_seen").value_or("")) : "";
  }

  Changes changes_;
  std::optional<Child> child_;
};

}  // namespace

std::unique_ptr<Keeper> the_watch(Scene& scene) {
  return std::make_unique<TheWatch>(scene);
}

}  // namespace claude_auth::testing
