#include "base/secure_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/errors.h"

namespace claude_auth {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr char kTemporaryMark[] = ".claude-auth-";
// A directory is not searched further than this for leftovers.
constexpr int kMaxEntriesSearched = 10'000;

struct FreeByLibc {
  void operator()(char* memory) const { ::free(memory); }
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::unexpected<FileError> failure(FileErrorKind kind, const std::string& path, int error = 0) {
  return std::unexpected(FileError{kind, error, path});
}

/// The error for `error`, an errno that came back for `path`.
std::unexpected<FileError> call_failure(const std::string& path, int error) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  return failure(absent ? FileErrorKind::absent : FileErrorKind::failed, path, error);
}

/// As call_failure, for calls after which "absent" would be no proof of anything.
std::unexpected<FileError> failed(const std::string& path, int error) {
  return failure(FileErrorKind::failed, path, error);
}

/// What open(2) refused, told apart: O_NOFOLLOW reports a link as ELOOP, a socket is ENXIO, and a
/// directory opened for writing EISDIR.
std::unexpected<FileError> open_failure(const std::string& path, int error) {
  struct stat found{};
  if (error == ELOOP && ::lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode)) {
    return failure(FileErrorKind::symlink, path, error);
  }
  if (error == ENXIO || error == EISDIR) return failure(FileErrorKind::not_regular, path, error);
  return call_failure(path, error);
}

/// A path as directory and name, so that all steps of a replacement meet in one directory even
/// where somebody renames its parents in between.
struct Place {
  std::string directory;
  std::string name;
};

Place place_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::expected<UniqueFd, FileError> open_directory(const std::string& path) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return call_failure(path, errno);
  return directory;
}

/// fsync; a filesystem that has none for this kind of file (EINVAL) has nothing to flush either.
std::expected<void, FileError> flush(int fd, const std::string& path) {
  if (::fsync(fd) != 0 && errno != EINVAL) return failed(path, errno);
  return {};
}

std::expected<void, FileError> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return failed(path, errno);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::expected<std::string, FileError> read_all(int fd, std::size_t expected_bytes,
                                               std::size_t max_bytes, const std::string& path) {
  // One byte more than expected, so that the end shows without growing.
  std::string bytes(std::min(expected_bytes, max_bytes) + 1, '\0');
  std::size_t length = 0;
  for (;;) {
    const ssize_t got = ::read(fd, bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    length += static_cast<std::size_t>(got);
    if (length > max_bytes) return failure(FileErrorKind::too_big, path);
    if (got == 0) break;
    if (length == bytes.size()) bytes.resize(std::min(2 * length, max_bytes + 1));
  }
  bytes.resize(length);
  return bytes;
}

std::string random_suffix() {
  std::array<unsigned char, 8> random{};
  // 256 bytes and less neither fail nor are cut short once the pool is seeded: getrandom(2).
  while (::getrandom(random.data(), random.size(), 0) < 0 && errno == EINTR) {
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : random) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

std::string temporary_name_prefix(const std::string& name) {
  return "." + name + kTemporaryMark;
}

/// A complete new file in `directory` under a name of ours, removed again unless it was renamed.
class TemporaryFile {
 public:
  /// Writes `bytes`. `path` is what errors name.
  static std::expected<TemporaryFile, FileError> holding(std::string_view bytes, int directory,
                                                         const std::string& path,
                                                         Durability durability, mode_t mode) {
    TemporaryFile file(directory, temporary_name_prefix(place_of(path).name) + random_suffix());
    file.fd_.reset(::openat(directory, file.name_.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly));
    if (!file.fd_) return failed(path, errno);
    // Also because the umask may have taken bits away that the owner needs.
    if (::fchmod(file.fd_.get(), mode) != 0) return failed(path, errno);
    if (auto written = write_all(file.fd_.get(), bytes, path); !written) {
      return std::unexpected(written.error());
    }
    if (durability == Durability::fleeting) return file;
    if (auto flushed = flush(file.fd_.get(), path); !flushed) {
      return std::unexpected(flushed.error());
    }
    return file;
  }

  TemporaryFile(TemporaryFile&&) = default;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (fd_) ::unlinkat(directory_, name_.c_str(), 0);
  }

  /// Gives the file `name`, replacing what is there. errno, or 0.
  [[nodiscard]] int rename_to(const std::string& name) {
    if (::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0) return errno;
    fd_.reset();
    return 0;
  }

  /// Gives the file `name` if nothing has it yet (EEXIST). errno, or 0.
  [[nodiscard]] int link_to(const std::string& name) {
    if (::linkat(directory_, name_.c_str(), directory_, name.c_str(), 0) == 0) return 0;
    const int error = errno;
    // Over NFS a repeated request can report the success of the first one as a failure; the link
    // count knows better: open(2), O_EXCL.
    struct stat found{};
    return ::fstat(fd_.get(), &found) == 0 && found.st_nlink == 2 ? 0 : error;
  }

 private:
  TemporaryFile(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  int directory_;
  std::string name_;
  UniqueFd fd_;
};

/// Shows `visit` the names in a directory, and a descriptor of it. Nothing where it cannot be read.
template <typename Visit>
void for_each_entry(const std::string& path, Visit visit) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  const int fd = directory ? ::dirfd(directory.get()) : -1;
  if (fd < 0) return;
  for (int searched = 0; searched < kMaxEntriesSearched; ++searched) {
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) return;
    visit(fd, entry->d_name);
  }
}

/// mkdir -p: errno, or 0 where something is there now.
int make_missing(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT) return errno;
  const std::string parent = place_of(path).directory;
  if (parent.size() >= path.size()) return ENOENT;
  if (const int error = make_missing(parent, mode); error != 0) return error;
  return ::mkdir(path.c_str(), mode) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace

std::string FileError::sentence() const {
  const std::string shown = printable(path, 1'000);
  switch (kind) {
    case FileErrorKind::absent:
      return shown + " does not exist";
    case FileErrorKind::symlink:
      return shown + " is a symbolic link that is not followed: put a regular file in its place";
    case FileErrorKind::not_regular:
      return shown + " is no regular file: move it away";
    case FileErrorKind::foreign_owner:
      return shown + " belongs to another user: change its owner, or move it away";
    case FileErrorKind::too_open:
      return shown +
             " is accessible to others: take their permissions away (chmod go= for a "
             "secret, chmod go-w otherwise)";
    case FileErrorKind::too_big:
      return shown + " is larger than it can rightly be: move it away";
    case FileErrorKind::locked:
      return shown + ": another job held this lock until the time was up";
    case FileErrorKind::failed:
      break;
  }
  return shown + ": " + errno_text(error);
}

std::expected<std::string, FileError> read_small_file(const std::string& path,
                                                      const FileRules& rules) {
  const UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!fd) return open_failure(path, errno);
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return failed(path, errno);
  if (!S_ISREG(found.st_mode)) return failure(FileErrorKind::not_regular, path);
  if (found.st_uid != rules.owner) return failure(FileErrorKind::foreign_owner, path);
  if ((found.st_mode & rules.forbidden_bits) != 0) return failure(FileErrorKind::too_open, path);
  const auto size = static_cast<std::size_t>(found.st_size);
  if (size > rules.max_bytes) return failure(FileErrorKind::too_big, path);
  return read_all(fd.get(), size, rules.max_bytes, path);
}

std::expected<std::string, FileError> replacement_target(const std::string& path, uid_t owner) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return path;
    return failed(path, errno);
  }
  std::string target = path;
  if (S_ISLNK(found.st_mode)) {
    const std::unique_ptr<char, FreeByLibc> resolved(::realpath(path.c_str(), nullptr));
    if (!resolved) return failure(FileErrorKind::symlink, path, errno);
    target = resolved.get();
    if (::lstat(target.c_str(), &found) != 0) return failed(target, errno);
  }
  if (!S_ISREG(found.st_mode)) return failure(FileErrorKind::not_regular, target);
  if (found.st_uid != owner) return failure(FileErrorKind::foreign_owner, target);
  return target;
}

std::expected<UniqueFd, FileError> open_own_file(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
                     kOwnerOnly));
  if (!fd) return open_failure(path, errno);
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return failed(path, errno);
  if (!S_ISREG(found.st_mode)) return failure(FileErrorKind::not_regular, path);
  if (found.st_uid != ::geteuid()) return failure(FileErrorKind::foreign_owner, path);
  return fd;
}

std::string file_identity(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  return std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
         std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
}

std::expected<void, FileError> replace_file(const std::string& path, std::string_view bytes,
                                            Durability durability, mode_t mode) {
  const Place place = place_of(path);
  const auto directory = open_directory(place.directory);
  if (!directory) return std::unexpected(directory.error());
  auto temporary = TemporaryFile::holding(bytes, directory->get(), path, durability, mode);
  if (!temporary) return std::unexpected(temporary.error());
  if (const int error = temporary->rename_to(place.name); error != 0) return failed(path, error);
  if (durability == Durability::durable) return flush(directory->get(), place.directory);
  return {};
}

std::expected<void, FileError> create_file(const std::string& path, std::string_view bytes) {
  const Place place = place_of(path);
  const auto directory = open_directory(place.directory);
  if (!directory) return std::unexpected(directory.error());
  auto temporary =
      TemporaryFile::holding(bytes, directory->get(), path, Durability::durable, kOwnerOnly);
  if (!temporary) return std::unexpected(temporary.error());
  if (const int error = temporary->link_to(place.name); error != 0) return failed(path, error);
  auto flushed = flush(directory->get(), place.directory);
  if (!flushed) ::unlinkat(directory->get(), place.name.c_str(), 0);
  return flushed;
}

std::expected<void, FileError> remove_file(const std::string& path) {
  const Place place = place_of(path);
  const auto directory = open_directory(place.directory);
  if (!directory) {
    if (directory.error().kind == FileErrorKind::absent) return {};
    return std::unexpected(directory.error());
  }
  if (::unlinkat(directory->get(), place.name.c_str(), 0) != 0) {
    if (errno == ENOENT) return {};
    return failed(path, errno);
  }
  return flush(directory->get(), place.directory);
}

std::string temporary_prefix(const std::string& path) {
  const Place place = place_of(path);
  return (place.directory == "/" ? "" : place.directory) + "/" + temporary_name_prefix(place.name);
}

bool has_temporary_files(const std::string& directory) {
  bool found = false;
  for_each_entry(directory, [&](int /*directory*/, std::string_view name) {
    found = found || (name.starts_with('.') && name.contains(kTemporaryMark));
  });
  return found;
}

void remove_leftovers(const std::string& path) {
  const Place place = place_of(path);
  const std::string prefix = temporary_name_prefix(place.name);
  for_each_entry(place.directory, [&](int directory, const char* name) {
    struct stat found{};
    if (std::string_view(name).starts_with(prefix) &&
        ::fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
        found.st_uid == ::geteuid())
      ::unlinkat(directory, name, 0);
  });
}

std::expected<void, FileError> make_directories(const std::string& path, mode_t mode) {
  if (const int error = make_missing(path, mode); error != 0) return failed(path, error);
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return failed(path, errno);
  if (!S_ISDIR(found.st_mode)) return failed(path, ENOTDIR);
  if (found.st_uid != ::geteuid()) return failure(FileErrorKind::foreign_owner, path);
  return {};
}

}  // namespace claude_auth
