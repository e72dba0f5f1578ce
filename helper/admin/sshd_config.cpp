// sshd's UsePAM, as sshd_config(5) has it: the first value counts, whatever file it stands in.
#include <glob.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "admin/pam_check.h"
#include "base/trimmed.h"

namespace claude_auth {
namespace {

/// Splits "Keyword value" or "Keyword=value"; the keyword in lower case.
std::pair<std::string, std::string> split(std::string_view line) {
  line = trimmed(line.substr(0, line.find('#')));
  const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
  std::string keyword(line.substr(0, end));
  std::ranges::transform(keyword, keyword.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view value = trimmed(line.substr(end));
  if (value.starts_with('=')) value = trimmed(value.substr(1));
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
    value = value.substr(1, value.size() - 2);
  }
  return {std::move(keyword), std::string(value)};
}

struct FreeGlob {
  void operator()(glob_t* found) const {
    ::globfree(found);
    delete found;
  }
};

std::vector<std::string> files_matching(const std::string& root, const std::string& patterns) {
  std::vector<std::string> paths;
  std::string_view rest = patterns;
  while (!(rest = trimmed(rest)).empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    const std::string pattern(rest.substr(0, end));
    rest.remove_prefix(end);
    const std::string absolute = pattern.starts_with('/') ? pattern : "/etc/ssh/" + pattern;
    const std::unique_ptr<glob_t, FreeGlob> found(new glob_t{});
    if (::glob((root + absolute).c_str(), 0, nullptr, found.get()) != 0) continue;
    paths.insert(paths.end(), found->gl_pathv, found->gl_pathv + found->gl_pathc);
  }
  return paths;
}

/// Reads file after file in sshd's order. One that was begun before says nothing new: files that
/// include each other are read once, not as often as there are ways through them.
class FirstUsePam {
 public:
  explicit FirstUsePam(const std::string& root) : root_(root) {}

  std::optional<bool> in(const std::string& path) {
    if (!begun_.insert(path).second) return std::nullopt;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto [keyword, value] = split(line);
      // Below a Match nothing holds for every connection, and UsePAM may not stand there.
      if (keyword == "match") break;
      if (keyword == "usepam") return value == "yes";
      if (keyword != "include") continue;
      for (const std::string& included : files_matching(root_, value)) {
        if (const auto uses = in(included)) return uses;
      }
    }
    return std::nullopt;
  }

 private:
  const std::string& root_;
  std::set<std::string> begun_;
};

}  // namespace

std::optional<bool> sshd_uses_pam(const std::string& root) {
  const std::string path = root + "/etc/ssh/sshd_config";
  if (!std::ifstream(path).good()) return std::nullopt;
  // OpenSSH's own default; Debian writes "yes" into the file.
  return FirstUsePam(root).in(path).value_or(false);
}

}  // namespace claude_auth
