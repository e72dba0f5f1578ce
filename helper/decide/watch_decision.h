// What the watch does about what it sees. Pure.
#pragma once

#include <optional>

#include "base/clock.h"
#include "decide/login_decision.h"
#include "decide/restore_decision.h"

namespace claude_auth {

struct WatchSituation {
  bool paused = false;
  bool setup_token_in_force = false;  ///< rule 2: the rotating login is left alone
  LocalLogin login = LocalLogin::lost;
  bool in_memory = false;        ///< the valid login is the one held in memory
  bool superseded = false;       ///< a later generation than the valid one was seen here
  bool came_back = false;        ///< a login vanished a moment ago, and is back: see `account_look`
  bool account_removed = false;  ///< `.claude.json` named its account then, and names none now
  RestoreVerdict from_memory = RestoreVerdict::no_document;  ///< what memory could do about it
  bool dealt_with = false;  ///< of just this state the store was asked, or the person told
};

enum class WatchStep {
  nothing,
  take,       ///< hold it in memory, stamp it, back it up
  forget,     ///< the person logged out: memory must not bring it back
  take_back,  ///< the same, but his login was healed before that showed: out of the file again
  heal_from_memory,
  ask_store,  ///< memory cannot help: a child asks the store
  report,     ///< what lies there proves nothing: say so once
};

[[nodiscard]] WatchStep watch_step(const WatchSituation& situation);

/// How long to let things settle before looking, so that a writer can finish and a log-out, which
/// unlinks the file before it edits `.claude.json`, shows what it is: as a rule within a tenth of
/// this (docs/claude-client.md).
[[nodiscard]] Millis settle_time(LocalLogin login);

/// For the log-out that takes longer: how long after the look before it, or after the login came
/// back, `.claude.json` is looked at for the `number`th time, from 1 on. Nothing after the last,
/// more than ten seconds after it came back: a client that stands still for so long in the middle
/// of its work is taken for dead by its own kind (docs/claude-client.md, "Its locks").
[[nodiscard]] std::optional<Millis> account_look(int number);

/// The pause before the next backup try after `failures` in a row.
[[nodiscard]] Millis backup_retry(int failures);

/// The same before the next try to heal a login. Nobody tells that a disk has room again, or a lock
/// is free, and the login is to be back within a second of it.
[[nodiscard]] Millis heal_retry(int failures);

/// Why a heal failed.
enum class HealTrouble {
  broken,  ///< a full disk, a wrong owner
  busy,    ///< somebody else held a lock to the end
};

/// How many heals in a row have to fail before it is a FAIL. What is broken: for about five
/// seconds. What is busy, where each try waits 2 s for the lock: for two minutes, since a lock of
/// Claude's is taken from a dead client after one.
[[nodiscard]] int heals_until_told(HealTrouble trouble);

}  // namespace claude_auth
