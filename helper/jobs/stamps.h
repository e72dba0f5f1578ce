// What the user's state directory remembers between jobs: state.json.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secure_file.h"
#include "claude/generations.h"
#include "jobs/context.h"

namespace claude_auth {

/// A few fingerprints (oauth_env.h), newest last.
class Fingerprints {
 public:
  static constexpr std::size_t kKept = 8;
  void add(const std::string& fingerprint);
  void remove(const std::string& fingerprint);
  [[nodiscard]] bool contains(const std::string& fingerprint) const;
  [[nodiscard]] const std::vector<std::string>& all() const { return list_; }

 private:
  std::vector<std::string> list_;
};

struct Stamps {
  GenerationHistory generations;
  std::optional<Instant> store_read_at;     ///< the last read that gave a clear answer
  std::optional<Instant> store_attempt_at;  ///< a login asks the store, or died doing so
  std::optional<Instant> store_retry_at;    ///< after a failure: no login asks before
  std::string verified_vault_token;         ///< fingerprint of the token found to be ours
  std::optional<Instant> vault_token_verified_at;
  Fingerprints accepted_setup_tokens;
  Fingerprints rejected_setup_tokens;
  std::optional<Instant> setup_token_stored_at;  ///< of the token in force: its year runs from here
  std::optional<Instant> setup_token_tried_at;   ///< the last probe of a setup token
  std::string told_about;  ///< the state of which the watch told the person, as `Watch` names it
  int unchecked_in_a_row = 0;  ///< syncs that could not check or restore the login
};

/// Why nothing was changed.
struct ChangeError {
  /// Nothing is broken: a lock of ours or of Claude's was in other hands until the deadline.
  bool busy = false;
  std::string sentence;
};

/// Proof that this process alone changes this user's files now: change.lock. Held for less than a
/// second, never over network or a probe.
class ChangeLock {
 public:
  /// Makes the state directory where it is missing.
  [[nodiscard]] static std::expected<ChangeLock, ChangeError> acquire(const Context& context,
                                                                      Deadline deadline);

 private:
  explicit ChangeLock(FileLock lock) : lock_(std::move(lock)) {}
  FileLock lock_;
};

/// Reads state.json. An absent file is an empty memory, and a garbled one a lost one: who may have
/// logged out stays so. One that cannot be trusted or read is an error: one sentence.
[[nodiscard]] std::expected<Stamps, std::string> load_stamps(const Context& context);

/// Writes state.json.
[[nodiscard]] std::expected<void, std::string> save_stamps(
    const Context& context, const ChangeLock& lock, const Stamps& stamps,
    Durability durability = Durability::fleeting);

/// Takes the lock, loads, lets `change` edit, saves. `change` is called with what is on disk then.
template <typename Change>
[[nodiscard]] std::expected<Stamps, ChangeError> update_stamps(const Context& context,
                                                               Deadline deadline, Change change) {
  auto lock = ChangeLock::acquire(context, deadline);
  if (!lock) return std::unexpected(lock.error());
  auto stamps = load_stamps(context);
  if (!stamps) return std::unexpected(ChangeError{.sentence = stamps.error()});
  change(*stamps);
  if (auto saved = save_stamps(context, *lock, *stamps); !saved)
    return std::unexpected(ChangeError{.sentence = saved.error()});
  return std::move(*stamps);
}

}  // namespace claude_auth
