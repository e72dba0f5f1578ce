// A terminal for a program under test, and the person at it, who types when he is asked.
#pragma once

#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace claude_auth::testing {

class TypingPerson {
 public:
  /// `text` is what he will type: with a newline, or with a Ctrl-C, or neither.
  explicit TypingPerson(std::string text);

  /// In the child that becomes the program: the terminal is its standard input and the one that
  /// controls it, so that a Ctrl-C is a SIGINT. False where that fails.
  [[nodiscard]] bool sit_down_at() const;

  /// The program waits for input: types, the first time. Whether it did.
  bool asked();

  /// Whether the terminal shows what is typed.
  [[nodiscard]] bool echoes() const;

  /// All that it has shown since the last call.
  [[nodiscard]] std::string shown() const;

 private:
  std::string text_;
  bool typed_ = false;
  UniqueFd keyboard_;
  UniqueFd terminal_;  // keeps its settings beyond the program's end
};

}  // namespace claude_auth::testing
