// The one type for long-lived secrets, and the process-wide precautions around it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace claude_auth {

/// A secret on libsodium's guarded memory: locked, read-only once made, left out of core dumps,
/// zeroed when freed. Move-only, and there is deliberately no way to print one.
///
/// Memory that cannot be locked (a small RLIMIT_MEMLOCK) still holds the secret; see
/// `all_memory_locked`.
class Secret {
 public:
  /// An empty secret: no allocation.
  Secret() = default;
  Secret(Secret&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  /// Copies `bytes`; the caller's copy stays the caller's to wipe. Throws std::bad_alloc.
  [[nodiscard]] static Secret copy_of(std::string_view bytes);

  /// Copies `bytes` and wipes the caller's string.
  [[nodiscard]] static Secret take(std::string& bytes);

  /// Valid while this object lives.
  [[nodiscard]] std::string_view view() const;
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Compares in time that depends only on the lengths.
  [[nodiscard]] bool same_as(const Secret& other) const;

  [[nodiscard]] Secret clone() const { return copy_of(view()); }

  /// False as soon as one secret of this process could not be locked into memory.
  [[nodiscard]] static bool all_memory_locked();

 private:
  struct Free {
    void operator()(char* bytes) const;
  };
  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites a string that held a secret, its spare capacity included.
void wipe(std::string& text);

/// Overwrites a variable in this process's environment, where /proc/PID/environ shows it to its
/// user for as long as it runs, and removes it. Not while other threads run.
void wipe_variable(const char* name);

/// Overwrites what functions that have returned left on the stack: blocks that a hash worked on,
/// registers that the dynamic linker saved. For the end of a piece of work that touched secrets,
/// from the function that began it, and for before a wait.
void wipe_stack();

/// Ends this process with nothing of a secret left on its stack; what exit(3) would run is passed
/// over. Standard streams are flushed. To be called where every Secret has gone.
[[noreturn]] void end_process(int exit_status);

/// Makes this process undumpable and untraceable by its own user (PR_SET_DUMPABLE 0,
/// RLIMIT_CORE 0), locks the main thread's stack where that is allowed, and initialises libsodium.
/// Call in the main thread, before the first secret is read.
/// Returns false if libsodium cannot be initialised; nothing secret may be touched then.
[[nodiscard]] bool guard_process();

/// Gives the core limit back that `guard_process` found, for a process that is about to become
/// another program; exec(2) itself makes it dumpable again.
void unguard_process();

}  // namespace claude_auth
