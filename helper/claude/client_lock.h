// Claude's own three locks, taken the way Claude takes them. Facts: docs/claude-client.md.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"

namespace claude_auth {

/// Blocks the signals that would end this process politely (TERM, INT, QUIT, HUP), and lets
/// them in again when it goes out of scope: what is held must be given back first.
class SignalBlock {
 public:
  SignalBlock();
  ~SignalBlock();
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

/// The lock directories of one Claude configuration directory, in Claude's order:
/// the refresh lock, the configuration lock beside the (resolved) directory, the write lock.
/// Error: errno of realpath(3), where the directory cannot be resolved.
[[nodiscard]] std::expected<std::vector<std::string>, int> client_lock_directories(
    const std::string& claude_dir);

/// All three locks, held. Given back in reverse order by the destructor.
///
/// Only one process of ours may try at a time: the caller holds change.lock. What is about to be
/// taken is first written to `record` (pid, start time, boot id, host, directories), so that the
/// next holder of change.lock can remove what a killed one left.
class ClientLock {
 public:
  struct Error {
    bool busy = false;  ///< held by somebody else until the deadline; nothing is broken
    std::string sentence;
  };

  /// Takes all three or none, waiting until `deadline`. While one is busy none is held. Takes
  /// over a lock only where it is older than 60 s and its recorded owner is not alive.
  [[nodiscard]] static std::expected<ClientLock, Error> acquire(const std::string& claude_dir,
                                                                const std::string& record,
                                                                Deadline deadline);

  ClientLock(ClientLock&& other) noexcept;
  ClientLock& operator=(ClientLock&&) = delete;
  ClientLock(const ClientLock&) = delete;
  ~ClientLock();

 private:
  ClientLock(std::vector<std::string> held, std::string record)
      : held_(std::move(held)), record_(std::move(record)) {}
  std::vector<std::string> held_;
  std::string record_;
};

/// Removes the locks that a dead process of ours, or this one, left behind, by its record, which
/// stays as long as one of them does. The caller holds change.lock. Only directories that carry our
/// mark are touched.
void remove_dead_locks(const std::string& record);

}  // namespace claude_auth
