// The short children of `watch`, which do its network work.
#pragma once

#include <expected>
#include <string>

#include "base/child.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/unique_fd.h"

namespace claude_auth {

/// Where this program lies, to be started again. Empty where that cannot be told.
[[nodiscard]] std::string own_program();

/// One child, ended with its owner.
class WatchChild {
 public:
  enum class Task { backup, ask_store };

  /// `backup` of `login` (the claudeAiOauth object), which goes over a pipe. Error: one sentence.
  [[nodiscard]] static std::expected<WatchChild, std::string> back_up(const std::string& program,
                                                                      const Secret& login);
  /// `login`: what the store has may be restored. Error: one sentence.
  [[nodiscard]] static std::expected<WatchChild, std::string> ask_store(const std::string& program);

  [[nodiscard]] Task task() const { return task_; }

  /// Readable (poll) once it has ended.
  [[nodiscard]] int pidfd() const { return child_.pidfd(); }
  /// When it is to be ended.
  [[nodiscard]] Deadline limit() const { return limit_; }

  /// Has it end, where it has not, and gives what it holds back. Whether it succeeded.
  bool end();

  /// Of `ask_store`, ended: it said that only a person can help. Given once.
  [[nodiscard]] bool needs_person() const;

 private:
  WatchChild(Task task, Child child, UniqueFd output);
  [[nodiscard]] static std::expected<WatchChild, std::string> start(
      const std::string& program, Task task, std::expected<UniqueFd, int> input);
  Task task_;
  Child child_;
  UniqueFd output_;
  Deadline limit_;
};

}  // namespace claude_auth
