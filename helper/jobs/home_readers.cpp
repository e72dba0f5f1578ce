#include "jobs/home_readers.h"

#include <stdio.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "jobs/unit_file.h"

namespace claude_auth {
namespace {

// Where systemd.unit(5) has an admin's, the run-time, the site's and the vendor's system units.
constexpr std::array<const char*, 4> kUnitDirectories = {
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system"};

constexpr std::size_t kMaxUnit = std::size_t{1} << 20;

// What makes one unit, in the order of reading: its file, which has no name here, then its drop-ins
// by name. The values are paths.
using Parts = std::map<std::string, std::string>;

bool is_below_home(std::string_view file, const std::vector<std::string>& homes) {
  return file.contains("/home/") || file.contains("%h") || file.contains("claude-oauth.env") ||
         std::ranges::any_of(homes,
                             [&](const std::string& home) { return file.contains(home + "/"); });
}

// Not the address of fclose, whose attributes GCC 14 would miss in the type.
struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};

// By stdio: a C++ stream would bring the locales into a program that every login starts.
std::string text_of(const std::string& path) {
  std::string text;
  const std::unique_ptr<FILE, Close> unit(::fopen(path.c_str(), "re"));
  if (!unit) return text;
  std::array<char, 4096> piece;
  while (text.size() < kMaxUnit && std::feof(unit.get()) == 0 && std::ferror(unit.get()) == 0) {
    text.append(piece.data(), std::fread(piece.data(), 1, piece.size(), unit.get()));
  }
  return text;
}

// Of two files of one name only the first is read. One that leads to /dev/null masks the others;
// any other link is what is enabled of what is looked at anyway.
void add_part(const std::filesystem::directory_entry& file, const std::string& name, Parts& parts) {
  std::error_code ignored;
  if (file.is_symlink(ignored) &&
      std::filesystem::read_symlink(file.path(), ignored) != "/dev/null")
    return;
  parts.try_emplace(name, file.path());
}

std::map<std::string, Parts> units_below(const std::string& root) {
  using std::filesystem::directory_iterator;
  std::map<std::string, Parts> units;
  for (const char* place : kUnitDirectories) {
    std::error_code ignored;
    const directory_iterator entries(root + place, ignored);
    for (auto entry = begin(entries); entry != end(entries); entry.increment(ignored)) {
      const std::string name = entry->path().filename();
      if (name.ends_with(".service")) add_part(*entry, "", units[name]);
      if (!name.ends_with(".service.d")) continue;
      const directory_iterator drop_ins(entry->path(), ignored);
      for (auto drop_in = begin(drop_ins); drop_in != end(drop_ins); drop_in.increment(ignored)) {
        if (drop_in->path().extension() == ".conf")
          add_part(*drop_in, drop_in->path().filename(), units[name.substr(0, name.size() - 2)]);
      }
    }
  }
  return units;
}

// The parts of one unit with a file below a home that no later part makes systemd forget.
std::vector<std::string> home_readers(const Parts& parts, const std::vector<std::string>& homes) {
  std::vector<std::string> found;
  for (const auto& [name, path] : parts) {
    for (const std::string& file : values_in_unit(text_of(path), "Service", "EnvironmentFile")) {
      if (file.empty())
        found.clear();
      else if (is_below_home(file, homes) && (found.empty() || found.back() != path))
        found.push_back(path);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> units_that_read_homes(const std::string& root,
                                               const std::vector<std::string>& homes) {
  std::vector<std::string> found;
  for (const auto& [unit, parts] : units_below(root)) {
    for (const std::string& path : home_readers(parts, homes))
      found.push_back(path.substr(root.size()));
  }
  return found;
}

std::string home_reader_remedy(const std::string& unit) {
  return unit +
         " has an EnvironmentFile= below a home, which root reads: start it by "
         "`claude-auth-sync exec --` in its place";
}

}  // namespace claude_auth
