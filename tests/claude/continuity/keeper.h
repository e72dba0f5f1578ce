// Who looks after a login between log-ins: nobody, `sync` every six hours, or the watch.
#pragma once

#include <cstddef>
#include <memory>

#include "base/child.h"
#include "scene.h"

namespace claude_auth::testing {

/// How an incident ended.
struct Aftermath {
  enum class End {
    unharmed,  ///< the login was never lost
    healed,    ///< a machine brought it back
    told,      ///< the log asks for a log-in
    silent,    ///< neither
  } end = End::unharmed;
  /// From the incident to its end: real time under the watch, else the simulated clock's.
  Millis after{0};
};

class Keeper {
 public:
  /// Borrows `scene`.
  explicit Keeper(Scene& scene) : scene_(scene) {}
  virtual ~Keeper() = default;

  /// Lets simulated time pass while nothing goes wrong.
  virtual void pass(Millis span) { scene_.clock.set(scene_.clock.now() + span); }

  /// Lets the keeper do all that hours would give it the time for.
  virtual void catch_up() {}

  /// Lets real time pass, where that matters: between two steps of an incident.
  virtual void wait(Millis) {}

  /// Something has gone wrong just now. Agents go on sending messages until it has an end.
  virtual Aftermath look_after() = 0;

 protected:
  /// One of our jobs in the scene's home.
  [[nodiscard]] Command job(const char* name) const;

  /// Runs it to its end.
  void run_job(const char* name) const;

  /// The length of our log, and whether it asks for a log-in from there on.
  [[nodiscard]] std::size_t log_size() const;
  [[nodiscard]] bool asks_for_person(std::size_t after) const;

  Scene& scene_;
};

[[nodiscard]] std::unique_ptr<Keeper> nobody(Scene& scene);
[[nodiscard]] std::unique_ptr<Keeper> six_hourly_sync(Scene& scene);
[[nodiscard]] std::unique_ptr<Keeper> the_watch(Scene& scene);

}  // namespace claude_auth::testing
