// A wall clock that a test moves, shared with the jobs that it starts.
#pragma once

#include <string>

#include "base/clock.h"

namespace claude_auth::testing {

/// Eight bytes of a file that is mapped by everybody concerned. Thread-safe.
class SimulatedClock : public Clock {
 public:
  /// Makes the file, with epoch 0, where it is not there. Ends the process where it cannot.
  explicit SimulatedClock(const std::string& path);
  ~SimulatedClock() override;
  SimulatedClock(const SimulatedClock&) = delete;
  SimulatedClock& operator=(const SimulatedClock&) = delete;

  [[nodiscard]] Instant now() const override;
  void set(Instant now);

 private:
  Millis::rep* epoch_ms_;
};

}  // namespace claude_auth::testing
