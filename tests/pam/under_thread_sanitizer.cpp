// What ThreadSanitizer has to be told to follow the module: of clone(2) by syscall(2), which it
// does not see, and in whose child its runtime would wait for locks of threads that were not
// cloned; and of what is not ours.
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

// The runtime's own, of its interface for system calls that it cannot intercept.
extern "C" void __sanitizer_syscall_pre_impl_fork();
extern "C" void __sanitizer_syscall_post_impl_fork(long pid);

// Read by the runtime at its start. libpam's module of sessions logs by libaudit, which keeps the
// names of the host in static buffers.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions() {
  return "race:^audit_log_acct_message$";
}

// Found before the C library's by the module, which looks its symbols up from the executable on.
extern "C" [[gnu::visibility("default")]] long syscall(long number, ...) noexcept {
  using SystemCall = long (*)(long, ...);
  static const auto next = reinterpret_cast<SystemCall>(::dlsym(RTLD_NEXT, "syscall"));
  std::array<long, 6> given{};
  va_list arguments;
  va_start(arguments, number);
  for (long& argument : given) argument = va_arg(arguments, long);
  va_end(arguments);

  const bool clones = number == SYS_clone;
  if (clones) __sanitizer_syscall_pre_impl_fork();
  const long result = next(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (clones) __sanitizer_syscall_post_impl_fork(result);
  return result;
}
