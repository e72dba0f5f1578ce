#include "base/secret.h"

#include <sodium.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace claude_auth {
namespace {

std::atomic<bool> every_lock_held{true};

rlim_t core_limit_before = 0;

// Deeper than any job of ours goes.
constexpr std::size_t kStackWiped = std::size_t{128} << 10;

// Less than the kernel gives every program to begin with: what lies below grows unlocked, as stack
// that is locked would end the process where it may grow no more.
constexpr std::size_t kStackLocked = std::size_t{96} << 10;

// Registers that were saved there may hold a piece of a secret until the next `wipe_stack`. The
// program's path, which the kernel puts at the end of the stack, is its end: getauxval(3).
void lock_stack() {
  char* const from = static_cast<char*>(__builtin_frame_address(0)) - kStackLocked;
  ::mlock2(from, ::getauxval(AT_EXECFN) - reinterpret_cast<std::uintptr_t>(from), MLOCK_ONFAULT);
}

}  // namespace

void Secret::Free::operator()(char* bytes) const {
  sodium_free(bytes);
}

Secret Secret::copy_of(std::string_view bytes) {
  Secret secret;
  if (bytes.empty()) return secret;
  secret.bytes_.reset(static_cast<char*>(sodium_malloc(bytes.size())));
  if (!secret.bytes_) throw std::bad_alloc();
  // sodium_malloc swallows a failing mlock; locking the pages once more tells whether it held.
  if (sodium_mlock(secret.bytes_.get(), bytes.size()) != 0) every_lock_held = false;
  std::memcpy(secret.bytes_.get(), bytes.data(), bytes.size());
  secret.size_ = bytes.size();
  sodium_mprotect_readonly(secret.bytes_.get());
  return secret;
}

Secret Secret::take(std::string& bytes) {
  Secret secret = copy_of(bytes);
  wipe(bytes);
  return secret;
}

std::string_view Secret::view() const {
  return {bytes_.get(), size_};
}

bool Secret::same_as(const Secret& other) const {
  return size_ == other.size_ &&
         (size_ == 0 || sodium_memcmp(bytes_.get(), other.bytes_.get(), size_) == 0);
}

bool Secret::all_memory_locked() {
  return every_lock_held;
}

void wipe(std::string& text) {
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void wipe_variable(const char* name) {
  if (char* const value = ::getenv(name)) sodium_memzero(value, std::strlen(value));
  ::unsetenv(name);
}

void wipe_stack() {
  sodium_stackzero(kStackWiped);
}

void end_process(int exit_status) {
#ifdef CLAUDE_AUTH_SANITIZED
  std::exit(exit_status);
#else
  std::fflush(nullptr);
  wipe_stack();
  // In exit(3) the dynamic linker would look functions up, and for that save the registers, with
  // all that they still hold, on the stack.
  ::_exit(exit_status);
#endif
}

bool guard_process() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // The soft limit alone: what `exec` becomes must be able to have its own back.
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) == 0) {
    core_limit_before = core.rlim_cur;
    core.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &core);
  }
  lock_stack();
  return sodium_init() >= 0;
}

void unguard_process() {
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) != 0) return;
  core.rlim_cur = core_limit_before;
  ::setrlimit(RLIMIT_CORE, &core);
}

}  // namespace claude_auth
