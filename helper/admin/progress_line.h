// How far a run over many users is, for a person at a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace claude_auth {

/// One line on standard error that is written over again; nothing where that is no terminal.
class ProgressLine {
 public:
  /// `unit`: what is counted, e.g. "users".
  explicit ProgressLine(std::string unit);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  void show(std::size_t done, std::size_t of);
  /// Takes it away: for a line of output, or at the end.
  void clear();

 private:
  std::string unit_;
  bool on_terminal_;
  bool shown_ = false;
};

}  // namespace claude_auth
