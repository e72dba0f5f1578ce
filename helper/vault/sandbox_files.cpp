// The file fence of claude-auth-store: Landlock, by its system calls (no library wraps them).
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/unique_fd.h"
#include "vault/sandbox.h"

namespace claude_auth::sandbox {
namespace {

// Landlock's ABI 3 and 5 added these; Debian 12's headers end before.
constexpr std::uint64_t kTruncate = 1ULL << 14U;
constexpr std::uint64_t kIoctlDevice = 1ULL << 15U;

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kReadBelow = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;

/// Every right that the running kernel's `abi` can take away.
std::uint64_t all_rights(long abi) {
  constexpr std::uint64_t kFirst = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
  std::uint64_t rights = kFirst;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDevice;
  return rights;
}

bool allow_reading(int ruleset, const std::string& path) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return true;
  struct stat status{};
  if (::fstat(place.get(), &status) != 0) return false;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? kReadBelow : kReadFile;
  rule.parent_fd = place.get();
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

}  // namespace

Fence restrict_files(const std::vector<std::string>& readable) {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  // Any other error is a seccomp filter's around this process, not the kernel's.
  if (abi < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? Fence::unsupported : Fence::refused;
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = all_rights(abi);
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!ruleset) return Fence::refused;
  for (const std::string& path : readable) {
    if (!allow_reading(ruleset.get(), path)) return Fence::refused;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return Fence::refused;
  return Fence::up;
}

}  // namespace claude_auth::sandbox
