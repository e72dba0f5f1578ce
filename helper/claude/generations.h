// Generations of a login: which pair of tokens was seen here, in which order, and which are dead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace claude_auth {

inline constexpr std::size_t kGenerationHashBytes = 16;

/// One pair of tokens, told apart by a hash: two files with the same tokens are one generation
/// whatever their bytes.
struct Generation {
  std::string hash;  ///< hex
  std::int64_t expires_at_ms = 0;
};

/// How one generation stands to another.
enum class Age { same, older, newer };

/// The last 32 generations seen on this host, oldest first, and the dead ones among all.
class GenerationHistory {
 public:
  static constexpr std::size_t kKept = 32;

  /// Stamps `generation` as last seen. It keeps its first place in the order: a stale copy that
  /// shows up again does not become young by it. One that is new here but ends before the youngest
  /// is a copy from elsewhere, or of an age before this memory: its sight proves nothing, and it
  /// gets no place. Returns whether anything changed.
  bool see(const Generation& generation);

  /// The last seen generation was found wiped. Returns whether anything changed.
  bool mark_last_seen_dead();

  /// The one restore that a dead generation gets is under way, over the file of this identity
  /// (file_identity; empty: over none). No-op for a living one.
  void note_restored(std::string_view hash, const std::string& over);

  /// A valid login was seen here, or may have been, before this memory was lost.
  [[nodiscard]] bool any_seen() const { return !seen_.empty() || lost_; }
  [[nodiscard]] const std::string& last_seen() const { return last_seen_; }
  [[nodiscard]] bool is_dead(std::string_view hash) const;
  /// Its restore is used up: it was under way, and the file that it was to replace is not the one
  /// that is `here` (file_identity). A restore that never came to that has not been.
  [[nodiscard]] bool was_restored_dead(std::string_view hash, const std::string& here) const;

  /// `a` against `b`: by the order seen here where both were seen, else by expiresAt.
  [[nodiscard]] Age age(const Generation& a, const Generation& b) const;

  /// Both were seen here, `a` before `b`: `a` is a stale copy wherever it turns up.
  [[nodiscard]] bool known_older(std::string_view a, std::string_view b) const;

  /// `hash` was seen here, and another generation for the first time after it.
  [[nodiscard]] bool is_superseded(std::string_view hash) const;

  /// As part of the state file. A member that is not of the right form is taken as empty, and
  /// without a list of what was seen it is a memory that was lost.
  void write_to(json_t* state) const;
  [[nodiscard]] static GenerationHistory read_from(const json_t* state);

  /// What a state file that is garbled leaves: there were jobs here before, and nobody knows what
  /// they saw.
  [[nodiscard]] static GenerationHistory lost();

 private:
  struct Dead {
    std::string hash;
    bool restored = false;
    std::string restored_over{};
  };
  [[nodiscard]] const Dead* find_dead(std::string_view hash) const;

  std::vector<std::string> seen_;
  std::int64_t youngest_expires_at_ms_ = 0;
  std::string last_seen_;
  std::vector<Dead> dead_;
  bool lost_ = false;
};

}  // namespace claude_auth
