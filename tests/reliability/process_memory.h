// The memory of another process, which is stopped: what kinds there are, and what is in them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "secret_words.h"

namespace claude_auth::testing {

/// Copies of each secret by the kind of memory they are in:
///   guarded      locked, and left out of core dumps: libsodium's
///   unlocked     left out of core dumps only: libsodium's where locking was refused
///   locked heap  other anonymous memory that is locked: what our own malloc gives out
///   heap         other anonymous memory
///   locked stack of the main thread
///   stack        of any thread
///   library      variables of a program or library
/// Locked is what the kernel counts as such (proc(5), smaps).
using Places = std::map<std::string, Copies>;

/// All memory of `pid` that can differ from the files that are mapped. Needs root.
[[nodiscard]] Places find_in_memory(pid_t pid, const SecretWords& words);

/// `size` bytes at `address`; fewer where they end.
[[nodiscard]] std::string read_memory(pid_t pid, std::uint64_t address, std::size_t size);

}  // namespace claude_auth::testing
