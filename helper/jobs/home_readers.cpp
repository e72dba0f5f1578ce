#include "jobs/home_readers.h"

#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/trimmed.h"

namespace claude_auth {
namespace {

// Where systemd.unit(5) has an admin's, the run-time, the site's and the vendor's system units.
constexpr std::array<const char*, 4> kUnitDirectories = {
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system"};

bool is_service_or_drop_in(const std::string& path) {
  return path.ends_with(".service") || (path.contains(".service.d/") && path.ends_with(".conf"));
}

bool is_below_home(std::string_view file, const std::vector<std::string>& homes) {
  return file.contains("/home/") || file.contains("%h") || file.contains("claude-oauth.env") ||
         std::ranges::any_of(homes,
                             [&](const std::string& home) { return file.contains(home + "/"); });
}

bool is_home_reader(std::string_view line, const std::vector<std::string>& homes) {
  const std::size_t equals = line.find('=');
  return equals != std::string_view::npos && trimmed(line.substr(0, equals)) == "EnvironmentFile" &&
         is_below_home(line.substr(equals), homes);
}

// Not the address of fclose, whose attributes GCC 14 would miss in the type.
struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};

// By stdio: a C++ stream would bring the locales into a program that every login starts.
bool reads_home(const std::string& path, const std::vector<std::string>& homes) {
  const std::unique_ptr<FILE, Close> unit(::fopen(path.c_str(), "re"));
  if (!unit) return false;
  char* line = nullptr;
  std::size_t capacity = 0;
  bool found = false;
  while (!found) {
    const ssize_t length = ::getline(&line, &capacity, unit.get());
    if (length < 0) break;
    found = is_home_reader({line, static_cast<std::size_t>(length)}, homes);
  }
  std::free(line);
  return found;
}

}  // namespace

std::vector<std::string> units_that_read_homes(const std::string& root,
                                               const std::vector<std::string>& homes) {
  std::vector<std::string> found;
  for (const char* place : kUnitDirectories) {
    std::error_code ignored;
    const std::filesystem::recursive_directory_iterator units(
        root + place, std::filesystem::directory_options::skip_permission_denied, ignored);
    // The links are what is enabled of what is looked at anyway.
    for (auto unit = begin(units); unit != end(units); unit.increment(ignored)) {
      if (!unit->is_symlink(ignored) && is_service_or_drop_in(unit->path()) &&
          reads_home(unit->path(), homes)) {
        found.push_back(unit->path().string().substr(root.size()));
      }
    }
  }
  return found;
}

std::string home_reader_remedy(const std::string& unit) {
  return unit +
         " has an EnvironmentFile= below a home, which root reads: start it by "
         "`claude-auth-sync exec --` in its place";
}

}  // namespace claude_auth
