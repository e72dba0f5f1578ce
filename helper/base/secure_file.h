// Small files, read without trust and replaced without loss. All as the user that this process is.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace claude_auth {

enum class FileErrorKind {
  absent,         ///< ENOENT or ENOTDIR: proved not to be there
  symlink,        ///< the last component is a symbolic link
  not_regular,    ///< a FIFO, device, directory, socket
  foreign_owner,  ///< owned by somebody else
  too_open,       ///< has permission bits that it must not have
  too_big,        ///< larger than the caller's cap
  locked,         ///< a lock that somebody else held until the deadline
  failed,         ///< any other call failed; `error` is its errno
};

struct FileError {
  FileErrorKind kind;
  int error = 0;
  std::string path;

  /// One sentence for the log: the path, what is wrong, what to do.
  [[nodiscard]] std::string sentence() const;
};

/// What a file must be before a byte of it is believed.
struct FileRules {
  uid_t owner;
  mode_t forbidden_bits;  ///< e.g. 0077 for secrets, 0022 for what others must not change
  std::size_t max_bytes;
};

/// Reads a whole file by read(2). Opens with O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC|O_NOCTTY and checks
/// what was opened, so a FIFO or device never blocks and a swap of names gains nothing. The caller
/// wipes the result where it is a secret (the heap zeroes it as well).
[[nodiscard]] std::expected<std::string, FileError> read_small_file(const std::string& path,
                                                                    const FileRules& rules);

/// Where a replacement has to go: `path` itself, or, where it is a symbolic link, its target,
/// resolved once. The target must be a regular file of `owner`; a dangling link, or a target that
/// is anything else, is an error. A `path` that does not exist is itself.
[[nodiscard]] std::expected<std::string, FileError> replacement_target(const std::string& path,
                                                                       uid_t owner);

/// Tells the file that `path` names from each other one that has had the name or will have it:
/// inode, size, and the time when its bytes changed. Empty where there is none.
[[nodiscard]] std::string file_identity(const std::string& path);

/// Opens a file of our own that is written in place, a log or a lock: made (0600) where absent,
/// never a symbolic link, regular, this process's user's. `flags`: O_RDWR, O_WRONLY | O_APPEND.
[[nodiscard]] std::expected<UniqueFd, FileError> open_own_file(const std::string& path, int flags);

/// Whether the new bytes must be on disk before the call returns.
enum class Durability {
  durable,   ///< fsync of file and directory: credentials, env file, store
  fleeting,  ///< none: stamps that are cheap to lose
};

/// Replaces `path` by a new file of mode `mode`: a temporary file in the same directory (its name
/// starts with `temporary_prefix(path)`), all bytes, fsync, rename, fsync of the directory. On an
/// error the old file is untouched and the temporary file removed, with one exception: where only
/// the directory's fsync fails, the new file is there and may not outlast a crash. Never writes in
/// place.
[[nodiscard]] std::expected<void, FileError> replace_file(const std::string& path,
                                                          std::string_view bytes,
                                                          Durability durability,
                                                          mode_t mode = 0600);

/// Makes `path` with `bytes` as replace_file does, durable, but by link(2): where something has
/// that name already `FileError::error` is EEXIST. That decides between writers on network homes,
/// too. On any error there is no new file.
[[nodiscard]] std::expected<void, FileError> create_file(const std::string& path,
                                                         std::string_view bytes);

/// Removes `path`; absent is success. Durable: fsyncs the directory.
[[nodiscard]] std::expected<void, FileError> remove_file(const std::string& path);

/// "<dir>/.<name>.claude-auth-": no name that Claude or another tool uses.
[[nodiscard]] std::string temporary_prefix(const std::string& path);

/// Whether there are temporary files of anybody's replace_file or create_file in `directory`, among
/// its first 10,000 entries: at work, or left by a killed one.
[[nodiscard]] bool has_temporary_files(const std::string& directory);

/// Removes temporary files that a killed `replace_file` or `create_file` of `path` left, among the
/// first 10,000 entries of the directory. Only to be called while no other writer of `path` can
/// succeed: a lock shuts it out, or its create_file has lost already.
void remove_leftovers(const std::string& path);

/// mkdir -p with `mode` for what is made; existing directories are left as they are. The last
/// one must be a directory (a symbolic link to one counts) owned by this process's user.
[[nodiscard]] std::expected<void, FileError> make_directories(const std::string& path, mode_t mode);

/// An flock(2) on a file of our own, released by the destructor or by death.
class FileLock {
 public:
  /// Takes the lock, waiting until `deadline` (already passed: one try). `locked` where somebody
  /// else held it throughout. Makes the file (0600).
  [[nodiscard]] static std::expected<FileLock, FileError> acquire(const std::string& path,
                                                                  Deadline deadline);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace claude_auth
