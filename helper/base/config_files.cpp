#include "base/config_files.h"

#include <dirent.h>
#include <libeconf.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "base/secure_file.h"
#include "base/trimmed.h"

namespace claude_auth {
namespace {

constexpr char kProject[] = "claude-auth-sync";
constexpr char kSuffix[] = "conf";
constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;
constexpr mode_t kWritableByOthers = 0022;

using Checked = std::expected<void, std::string>;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

struct FreeByLibc {
  void operator()(char* memory) const { ::free(memory); }
};

struct FreeKeyFile {
  void operator()(econf_file* file) const { econf_freeFile(file); }
};

struct FreeStrings {
  void operator()(char** strings) const { econf_freeArray(strings); }
};

using KeyFile = std::unique_ptr<econf_file, FreeKeyFile>;

/// A list of names that libeconf made.
struct Names {
  std::unique_ptr<char*, FreeStrings> strings;
  std::size_t count = 0;
};

bool printable_or_tab(char c) {
  return (c >= ' ' && c <= '~') || c == '\t';
}

/// Checks the form of one file, line by line: libeconf takes a line without "=" for a continuation
/// of the one before, and of two equal keys the first one, both without a word.
Checked check_form(std::string_view text, const std::string& path) {
  std::set<std::string> seen;
  std::string section;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end).substr(0, text.find('#')));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto refused = [&](const char* what) {
      return std::unexpected(path + ":" + std::to_string(number) + ": " + what);
    };
    if (!std::ranges::all_of(line, printable_or_tab)) return refused("only ASCII is allowed");
    if (line.front() == '[') {
      section = line;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return refused("a line has to be KEY = VALUE");
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key.empty()) return refused("there is no key before \"=\"");
    if (!seen.insert(section + std::string(key)).second) return refused("this key is set twice");
  }
  return {};
}

/// Checks what a configuration file is and holds. False where it is not there.
std::expected<bool, std::string> check_file(const std::string& path, uid_t owner) {
  const auto text = read_small_file(path, {owner, kWritableByOthers, kMaxFileBytes});
  if (!text && text.error().kind == FileErrorKind::absent) return false;
  if (!text) return std::unexpected(text.error().sentence());
  if (auto formed = check_form(*text, path); !formed) return std::unexpected(formed.error());
  return true;
}

Checked check_directory(const std::string& path, uid_t owner) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    return std::unexpected(path + ": " + errno_text(errno));
  }
  if (found.st_uid != owner || (found.st_mode & kWritableByOthers) != 0) {
    return std::unexpected(path +
                           " can be changed by others than the administrator: chown it to "
                           "root and chmod go-w");
  }
  return {};
}

/// Checks all drop-ins in `path`. False where there are none.
std::expected<bool, std::string> check_drop_ins(const std::string& path, uid_t owner) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) {
    if (errno == ENOENT) return false;
    return std::unexpected(path + ": " + errno_text(errno));
  }
  const std::string suffix = std::string(".") + kSuffix;
  bool any = false;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) return std::unexpected(path + ": " + errno_text(errno));
    if (entry == nullptr) break;
    if (!std::string_view(entry->d_name).ends_with(suffix)) continue;
    std::string file = path;
    file.append("/").append(entry->d_name);
    const auto there = check_file(file, owner);
    if (!there) return there;
    any = any || *there;
  }
  if (!any) return false;
  if (auto ours = check_directory(path, owner); !ours) return std::unexpected(ours.error());
  return true;
}

/// Checks all that is in one of the two directories. False where nothing is.
std::expected<bool, std::string> check_place(const std::string& directory, uid_t owner) {
  const std::string file = directory + "/" + kProject + "." + kSuffix;
  const auto main_file = check_file(file, owner);
  if (!main_file) return main_file;
  const auto drop_ins = check_drop_ins(file + ".d", owner);
  if (!drop_ins) return drop_ins;
  if (!*main_file && !*drop_ins) return false;
  if (auto ours = check_directory(directory, owner); !ours) return std::unexpected(ours.error());
  return true;
}

std::string parse_failure(econf_err error) {
  char* raw = nullptr;
  std::uint64_t line = 0;
  econf_errLocation(&raw, &line);
  const std::unique_ptr<char, FreeByLibc> file(raw);
  return std::string(raw != nullptr ? raw : "configuration") + ":" + std::to_string(line) + ": " +
         econf_errString(error);
}

Names groups_of(econf_file& file) {
  Names names;
  char** strings = nullptr;
  if (econf_getGroups(&file, &names.count, &strings) != ECONF_SUCCESS) return {};
  names.strings.reset(strings);
  return names;
}

Names keys_of(econf_file& file, const char* group) {
  Names names;
  char** strings = nullptr;
  if (econf_getKeys(&file, group, &names.count, &strings) != ECONF_SUCCESS) return {};
  names.strings.reset(strings);
  return names;
}

/// Adds the keys of one section (null: those before any) to `values`.
Checked collect(econf_file& file, const char* group, ConfigValues& values) {
  const std::string section = group != nullptr ? group : "";
  const Names keys = keys_of(file, group);
  for (std::size_t i = 0; i < keys.count; ++i) {
    const char* key = keys.strings.get()[i];
    char* raw = nullptr;
    if (const econf_err error = econf_getStringValue(&file, group, key, &raw);
        error != ECONF_SUCCESS) {
      return std::unexpected(std::string("configuration key ") + key + ": " +
                             econf_errString(error));
    }
    const std::unique_ptr<char, FreeByLibc> owned(raw);
    const std::string value = raw != nullptr ? raw : "";
    if (value.starts_with('"')) {
      return std::unexpected(std::string("configuration key ") + key +
                             ": the quote is not closed (\"#\" starts a comment in quotes, too)");
    }
    values[{section, key}] = value;
  }
  return {};
}

}  // namespace

std::expected<ConfigFiles, std::string> read_config_files(const ConfigDirs& dirs) {
  ConfigFiles files;
  for (const std::string& directory : {dirs.vendor, dirs.admin}) {
    const auto there = check_place(directory, dirs.owner);
    if (!there) return std::unexpected("configuration refused: " + there.error());
    files.any_file = files.any_file || *there;
  }
  if (!files.any_file) return files;

  // Its callback is not asked about drop-ins (0.5.1), so everything was checked above. Only the
  // administrator could change it in between.
  econf_file* raw = nullptr;
  const econf_err error =
      econf_readDirs(&raw, dirs.vendor.c_str(), dirs.admin.c_str(), kProject, kSuffix, "=", "#");
  const KeyFile file(raw);
  if (error != ECONF_SUCCESS) return std::unexpected(parse_failure(error));
  if (auto taken = collect(*file, nullptr, files.values); !taken) {
    return std::unexpected(taken.error());
  }
  const Names groups = groups_of(*file);
  for (std::size_t i = 0; i < groups.count; ++i) {
    if (auto taken = collect(*file, groups.strings.get()[i], files.values); !taken) {
      return std::unexpected(taken.error());
    }
  }
  return files;
}

}  // namespace claude_auth
