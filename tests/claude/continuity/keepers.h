// Who looks after a login between log-ins: nobody, a backup every six hours, or the watch.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agents.h"
#include "base/child.h"

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

/// All that a keeper acts on. Borrowed.
struct Scene {
  const ClientHome& home;
  Agents& agents;
  SimulatedClock& clock;
};

class Keeper {
 public:
  explicit Keeper(const Scene& scene) : scene_(scene) {}
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
  Scene scene_;
};

[[nodiscard]] std::unique_ptr<Keeper> nobody(const Scene& scene);
[[nodiscard]] std::unique_ptr<Keeper> six_hourly_backup(const Scene& scene);
[[nodiscard]] std::unique_ptr<Keeper> the_watch(const Scene& scene);

}  // namespace claude_auth::testing
