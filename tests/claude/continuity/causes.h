// What logs people out: each cause as it happens, and whether a machine can help. The names are
// those of docs/continuity.md.
#pragma once

#include <span>

#include "stage.h"

namespace claude_auth::testing {

/// What is expected of the watch.
enum class Cure {
  none_needed,
  machine,
  person,  ///< nobody else: is told
};

struct Cause {
  const char* name;
  /// From the moment on at which an agent would refresh.
  void (*happens)(Stage& stage);
  ReuseRule reuse;
  Cure cure;
  /// Why no machine can bring the login back; empty where one can.
  const char* impossible;
};

[[nodiscard]] std::span<const Cause> causes();

}  // namespace claude_auth::testing
