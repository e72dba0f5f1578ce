// What is wrong with a roster, as it is found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "admin/roster.h"
#include "base/errors.h"

namespace claude_auth {

/// Collects faults, each once and the first hundred: nobody reads more, and a pattern without %u
/// makes one of every user.
class FaultList {
 public:
  explicit FaultList(const std::string& file) : file_(printable(file, 1'000)) {}

  void add(int line, const std::string& sentence) {
    if (faults_.size() > kMost) return;
    const std::string place = file_ + ":" + std::to_string(line) + ": ";
    std::string fault = place + (faults_.size() < kMost ? sentence : "and more");
    if (std::ranges::find(faults_, fault) == faults_.end()) faults_.push_back(std::move(fault));
  }

  [[nodiscard]] RosterFaults take() { return std::move(faults_); }

 private:
  static constexpr std::size_t kMost = 100;
  std::string file_;
  RosterFaults faults_;
};

}  // namespace claude_auth
