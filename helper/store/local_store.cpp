#include "store/local_store.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/errors.h"
#include "base/secret.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr std::uint64_t kKept = 10;
constexpr std::size_t kMaxDocument = std::size_t{1024} * 1024;
constexpr std::size_t kDigits = 20;
constexpr std::string_view kSuffix = ".json";
constexpr mode_t kForOthers = 0077;
constexpr mode_t kWritableByOthers = 0022;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::unexpected<StoreError> store_error(StoreErrorKind kind, const std::string& what) {
  return std::unexpected(StoreError{.kind = kind, .sentence = "local store: " + what});
}

std::unexpected<StoreError> out_of_time() {
  return store_error(StoreErrorKind::local_io, "no time was left to reach it");
}

std::unexpected<StoreError> moved_on(std::uint64_t cas) {
  return store_error(StoreErrorKind::conflict,
                     "version " + std::to_string(cas) + " is no longer the current one");
}

std::string name_of(std::uint64_t version) {
  const std::string digits = std::to_string(version);
  return std::string(kDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

/// The version that a file of this name holds; 0 where it is none of ours.
std::uint64_t version_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  std::uint64_t version = 0;
  const std::string digits(name.substr(0, kDigits));
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, version);
  return parsed.ec == std::errc() && parsed.ptr == end ? version : 0;
}

/// The versions that are there, the newest first. No directory is no version.
std::expected<std::vector<std::uint64_t>, StoreError> list_versions(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  const int fd = directory ? ::dirfd(directory.get()) : -1;
  if (fd < 0) {
    if (errno == ENOENT) return std::vector<std::uint64_t>();
    return store_error(StoreErrorKind::local_io, printable(path) + ": " + errno_text(errno));
  }
  // Whoever may rename in it could serve an old version as the newest.
  struct stat found{};
  if (::fstat(fd, &found) != 0 || found.st_uid != ::geteuid() ||
      (found.st_mode & kWritableByOthers) != 0) {
    return store_error(StoreErrorKind::local_io,
                       printable(path) + " can be changed by others: chown it to you, chmod go-w");
  }
  std::vector<std::uint64_t> versions;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) {
      return store_error(StoreErrorKind::local_io, printable(path) + ": " + errno_text(errno));
    }
    if (entry == nullptr) break;
    if (const std::uint64_t version = version_of(entry->d_name); version != 0) {
      versions.push_back(version);
    }
  }
  std::ranges::sort(versions, std::greater());
  return versions;
}

std::uint64_t newest_of(const std::vector<std::uint64_t>& versions) {
  return versions.empty() ? 0 : versions.front();
}

std::expected<Json, StoreError> parse_document(std::string_view text, const std::string& path) {
  auto fields = parse_object(text);
  if (fields) return std::move(*fields);
  const std::string why =
      fields.error() == JsonError::not_exact
          ? " holds a number or a duplicate key that a rewrite would change: correct it"
          : " is no JSON object: move it away to go back to the version before";
  return store_error(StoreErrorKind::garbled, printable(path) + why);
}

}  // namespace

LocalStore::LocalStore(std::string directory) : directory_(std::move(directory)) {}

std::string LocalStore::path_of(std::uint64_t version) const {
  return directory_ + "/" + name_of(version);
}

std::expected<StoredDocument, StoreError> LocalStore::read(Deadline deadline) {
  while (!deadline.passed()) {
    const auto versions = list_versions(directory_);
    if (!versions) return std::unexpected(versions.error());
    if (versions->empty()) return StoredDocument{};
    // A writer that was killed after its success leaves a second name of the newest version.
    if (has_temporary_files(directory_)) tidy(*versions);
    const std::uint64_t newest = newest_of(*versions);
    const std::string path = path_of(newest);
    auto text = read_small_file(path, {::geteuid(), kForOthers, kMaxDocument});
    if (text) {
      auto fields = parse_document(*text, path);
      wipe(*text);
      if (!fields) return std::unexpected(fields.error());
      return StoredDocument{.fields = std::move(*fields), .version = newest};
    }
    // Ten newer ones were written since it was listed: look again.
    if (text.error().kind == FileErrorKind::absent) continue;
    return store_error(StoreErrorKind::local_io, text.error().sentence());
  }
  return out_of_time();
}

std::expected<std::uint64_t, StoreError> LocalStore::write(const json_t& fields, std::uint64_t cas,
                                                           Deadline deadline) {
  if (deadline.passed()) return out_of_time();
  const auto before = list_versions(directory_);
  if (!before) return std::unexpected(before.error());
  if (newest_of(*before) != cas) return moved_on(cas);
  if (auto made = make_directories(directory_, 0700); !made) {
    return store_error(StoreErrorKind::local_io, made.error().sentence());
  }

  const std::uint64_t version = cas + 1;
  std::string text = dump(&fields);
  if (text.size() > kMaxDocument) {
    return store_error(StoreErrorKind::local_io, "the document is larger than 1 MiB");
  }
  const auto created = create_file(path_of(version), text);
  wipe(text);
  if (!created) {
    // EEXIST: another writer was first. ENOENT: it has even tidied our temporary file away.
    if (created.error().error == EEXIST || created.error().error == ENOENT) return moved_on(cas);
    return store_error(StoreErrorKind::local_io, created.error().sentence());
  }

  const auto after = list_versions(directory_);
  if (!after) return std::unexpected(after.error());
  if (newest_of(*after) >= version + kKept) {
    // So many came in between that this name may have been free for the second time. Where it was
    // not, this is a conflict with our own success, which a caller of any store has to expect.
    ::unlink(path_of(version).c_str());
    return moved_on(cas);
  }
  tidy(*after);
  return version;
}

/// Removes what is older than the last ten, and the temporary files of writers that were killed:
/// nobody can still become one of these versions.
void LocalStore::tidy(const std::vector<std::uint64_t>& versions) const {
  const std::uint64_t newest = newest_of(versions);
  remove_leftovers(path_of(newest));
  for (const std::uint64_t version : versions) {
    if (version + kKept > newest) continue;
    remove_leftovers(path_of(version));
    // What stays is removed by a later write.
    ::unlink(path_of(version).c_str());
  }
}

}  // namespace claude_auth
