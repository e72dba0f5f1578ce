// `sync` as the timer runs it: its real probe, with a simulated `claude`.
#include "keeper.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::hours kEvery{6};

// Until then it has healed the login, or has told somebody.
constexpr std::chrono::hours kNotLonger{48};

class SixHourlySync : public Keeper {
 public:
  explicit SixHourlySync(Scene& scene) : Keeper(scene), next_(scene.clock.now()) {
    run_job("backup");  // enrols
  }

  void pass(Millis span) override {
    const Instant end = scene_.clock.now() + span;
    while (next_ <= end) sync();
    scene_.clock.set(end);
  }

  Aftermath look_after() override {
    const Instant start = scene_.clock.now();
    scene_.agents.send_message();
    if (scene_.logged_in()) return {};
    using End = Aftermath::End;
    End end = End::silent;
    while (end == End::silent && scene_.clock.now() - start < kNotLonger) {
      const std::size_t read_before = log_size();
      sync();
      scene_.agents.send_message();
      if (asks_for_person(read_before))
        end = End::told;
      else if (scene_.logged_in())
        end = End::healed;
    }
    return {.end = end, .after = scene_.clock.now() - start};
  }

 private:
  void sync() {
    scene_.clock.set(next_);
    next_ += kEvery;
    run_job("sync");
  }

  Instant next_;
};

}  // namespace

std::unique_ptr<Keeper> six_hourly_sync(Scene& scene) {
  return std::make_unique<SixHourlySync>(scene);
}

}  // namespace claude_auth::testing
