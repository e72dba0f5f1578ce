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

std::string main_file_in(const std::string& directory) {
  return directory + "/" + kProject + "." + kSuffix;
}

bool printable_or_tab(char c) {
  return (c >= ' ' && c <= '~') || c == '\t';
}

/// What a file's check came to.
enum class FileIs { absent, empty, filled };

bool is_half_quoted(std::string_view value) {
  return value.starts_with('"') && (value.size() == 1 || !value.ends_with('"'));
}

/// Checks the form of one file, line by line: libeconf takes a line without "=" for a continuation
/// of the one before, and of two equal keys the first one, both without a word; what "#" means in
/// quotes depends on its version.
std::expected<FileIs, std::string> check_form(std::string_view text, const std::string& path) {
  std::set<std::string> seen;
  std::string section;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, line.find('#'));
    const auto refused = [&](const char* what) {
      return std::unexpected(path + ":" + std::to_string(number) + ": " + what);
    };
    if (!std::ranges::all_of(line, printable_or_tab)) return refused("only ASCII is allowed");
    line = trimmed(line);
    if (line.empty()) continue;
    if (line.front() == '[') {
      section = line;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return refused("a line has to be KEY = VALUE");
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key.empty()) return refused("there is no key before \"=\"");
    if (!seen.insert(section + std::string(key)).second) return refused("this key is set twice");
    if (is_half_quoted(trimmed(line.substr(equals + 1)))) {
      return refused("the quote is not closed (\"#\" starts a comment in quotes, too)");
    }
  }
  return seen.empty() ? FileIs::empty : FileIs::filled;
}

/// Checks what a configuration file is and holds.
std::expected<FileIs, std::string> check_file(const std::string& path, uid_t owner) {
  const auto text = read_small_file(path, {owner, kWritableByOthers, kMaxFileBytes});
  if (text) return check_form(*text, path);
  if (text.error().kind == FileErrorKind::absent) return FileIs::absent;
  return std::unexpected(text.error().sentence());
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

/// What one of the two directories has, once it is known that it can be trusted.
struct Place {
  FileIs main_file = FileIs::absent;
  std::map<std::string, FileIs> drop_ins{};  ///< by name
};

/// The names of the files in `path` that may be drop-ins. None where there is no such directory.
std::expected<std::vector<std::string>, std::string> drop_in_names(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  std::vector<std::string> names;
  if (!directory && errno == ENOENT) return names;
  if (!directory) return std::unexpected(path + ": " + errno_text(errno));
  const std::string suffix = std::string(".") + kSuffix;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) return std::unexpected(path + ": " + errno_text(errno));
    if (entry == nullptr) return names;
    if (std::string_view(entry->d_name).ends_with(suffix)) names.emplace_back(entry->d_name);
  }
}

/// Checks all that is in one of the two directories.
std::expected<Place, std::string> look_at(const std::string& directory, uid_t owner) {
  Place place;
  const std::string file = main_file_in(directory);
  const auto main_file = check_file(file, owner);
  if (!main_file) return std::unexpected(main_file.error());
  place.main_file = *main_file;

  const std::string drop_ins = file + ".d";
  const auto names = drop_in_names(drop_ins);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    const auto drop_in = check_file(drop_ins + "/" + name, owner);
    if (!drop_in) return std::unexpected(drop_in.error());
    if (*drop_in != FileIs::absent) place.drop_ins.emplace(name, *drop_in);
  }
  if (!place.drop_ins.empty()) {
    if (auto ours = check_directory(drop_ins, owner); !ours) return std::unexpected(ours.error());
  }
  if (place.main_file != FileIs::absent || !place.drop_ins.empty()) {
    if (auto ours = check_directory(directory, owner); !ours) return std::unexpected(ours.error());
  }
  return place;
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

/// The name of a section. libeconf before 0.4.7 leaves it in its brackets.
std::string section_of(const char* group) {
  std::string_view name = group != nullptr ? group : "";
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return std::string(name);
}

/// Adds the keys of one section (null: those before any) to `values`.
Checked collect(econf_file& file, const char* group, ConfigValues& values) {
  const std::string section = section_of(group);
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
    const std::string_view lines = raw != nullptr ? raw : "";
    // To libeconf a blank line that ends in CR LF goes on with the value before it.
    const std::string value(lines.substr(0, lines.find_first_of("\r\n")));
    values[{section, key}] = value;
  }
  return {};
}

/// Adds all keys of one checked file to `values`; of one key the last one counts.
Checked read_file(const std::string& path, ConfigValues& values) {
  econf_file* raw = nullptr;
  const econf_err error = econf_readFile(&raw, path.c_str(), "=", "#");
  const KeyFile file(raw);
  if (error != ECONF_SUCCESS) return std::unexpected(parse_failure(error));
  if (auto taken = collect(*file, nullptr, values); !taken) return taken;
  const Names groups = groups_of(*file);
  for (std::size_t i = 0; i < groups.count; ++i) {
    if (auto taken = collect(*file, groups.strings.get()[i], values); !taken) return taken;
  }
  return {};
}

/// The files that have a key, in the order in which they are read.
std::vector<std::string> files_in_order(const ConfigDirs& dirs, const Place& vendor,
                                        const Place& admin) {
  std::vector<std::string> paths;
  const bool admins = admin.main_file != FileIs::absent;
  if ((admins ? admin : vendor).main_file == FileIs::filled)
    paths.push_back(main_file_in(admins ? dirs.admin : dirs.vendor));
  for (const auto& [name, is] : vendor.drop_ins) {
    if (is == FileIs::filled && !admin.drop_ins.contains(name))
      paths.push_back(main_file_in(dirs.vendor) + ".d/" + name);
  }
  for (const auto& [name, is] : admin.drop_ins) {
    if (is == FileIs::filled) paths.push_back(main_file_in(dirs.admin) + ".d/" + name);
  }
  return paths;
}

}  // namespace

// libeconf could find and merge the files itself, but 0.5.1 does not ask about drop-ins, and reads
// before the beginning of a file without keys when it merges one with another.
std::expected<ConfigFiles, std::string> read_config_files(const ConfigDirs& dirs) {
  const auto vendor = look_at(dirs.vendor, dirs.owner);
  if (!vendor) return std::unexpected("configuration refused: " + vendor.error());
  const auto admin = look_at(dirs.admin, dirs.owner);
  if (!admin) return std::unexpected("configuration refused: " + admin.error());

  ConfigFiles files;
  for (const Place& place : {*vendor, *admin}) {
    if (place.main_file != FileIs::absent || !place.drop_ins.empty()) files.any_file = true;
  }
  for (const std::string& path : files_in_order(dirs, *vendor, *admin)) {
    if (auto read = read_file(path, files.values); !read) return std::unexpected(read.error());
  }
  return files;
}

}  // namespace claude_auth
