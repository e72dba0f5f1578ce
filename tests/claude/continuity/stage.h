// A scene and who looks after it, at the pace of a cause.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "keeper.h"

namespace claude_auth::testing {

using MakeKeeper = std::unique_ptr<Keeper> (*)(Scene& scene);

class Stage {
 public:
  Stage(const std::string& directory, ReuseRule reuse, MakeKeeper make_keeper)
      : scene(directory, reuse), keeper(make_keeper(scene)) {}

  /// Some time between now and the next refresh.
  void pass_some_time() { keeper->pass(up_to(kAccessLifetime - 2 * kRefreshesAhead)); }

  /// To the moment from which on an agent would refresh.
  void pass_to_refresh() {
    keeper->pass(scene.agents.access_token_ends() - kRefreshesAhead - scene.clock.now());
  }

  /// The same in every run.
  [[nodiscard]] Millis up_to(Millis longest) {
    return Millis(std::uniform_int_distribution<Millis::rep>(0, longest.count())(random_));
  }

  Scene scene;
  std::unique_ptr<Keeper> keeper;

 private:
  std::mt19937 random_{20'261'121};
};

}  // namespace claude_auth::testing
