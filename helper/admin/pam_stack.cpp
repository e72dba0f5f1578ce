#include "admin/pam_stack.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#include "base/trimmed.h"

namespace claude_auth {
namespace {

/// Where a service's file lies; the first that has one counts.
constexpr std::array<const char*, 2> kDirectories = {"/etc/pam.d", "/usr/lib/pam.d"};

/// As deep as libpam follows.
constexpr int kMaxDepth = 16;

constexpr std::string_view kEveryType;

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// The path of a service's or an included file, without the root.
std::optional<std::string> find_file(const std::string& root, const std::string& name) {
  if (name.starts_with('/')) {
    return is_file(root + name) ? std::optional(name) : std::nullopt;
  }
  for (const char* directory : kDirectories) {
    const std::string path = std::string(directory) + "/" + name;
    if (is_file(root + path)) return path;
  }
  return std::nullopt;
}

/// The words of a line. What stands in brackets is one word, blanks and all; "\]" is no end of it.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!(line = trimmed(line)).empty()) {
    std::string word;
    const bool bracket = line.front() == '[';
    if (bracket) line.remove_prefix(1);
    std::size_t i = 0;
    for (; i < line.size(); ++i) {
      if (bracket ? line[i] == ']' : line[i] == ' ' || line[i] == '\t') break;
      if (bracket && line.substr(i, 2) == "\\]") ++i;
      word += line[i];
    }
    line.remove_prefix(std::min(i + 1, line.size()));
    // Of a control it has to be seen that it was one of actions.
    words.push_back(bracket && words.size() == 1 ? "[" + word + "]" : word);
  }
  return words;
}

std::string lower(std::string word) {
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return word;
}

/// Reads the lines of a file one by one: comments dropped, continued lines joined.
class Lines {
 public:
  explicit Lines(const std::string& path) : file_(path) {}

  [[nodiscard]] bool readable() const { return file_.good(); }

  /// The words of the next line that has any; none at the end.
  std::vector<std::string> next() {
    for (std::string line; read(line); line.clear()) {
      auto words = words_of(line);
      if (!words.empty()) return words;
    }
    return {};
  }

  /// Where the line that `next` gave began.
  [[nodiscard]] int number() const { return number_; }

 private:
  bool read(std::string& line) {
    number_ = last_ + 1;
    std::string piece;
    while (std::getline(file_, piece)) {
      ++last_;
      if (const std::size_t comment = piece.find('#'); comment != std::string::npos) {
        piece.erase(comment);
      }
      const bool goes_on = piece.ends_with('\\');
      if (goes_on) piece.back() = ' ';
      line += piece;
      if (!goes_on) return true;
    }
    return !line.empty();
  }

  std::ifstream file_;
  int number_ = 0;
  int last_ = 0;
};

class Reader {
 public:
  explicit Reader(const std::string& root) : root_(root) {}

  /// Appends the lines of `path` that are of `type`, or all.
  std::optional<std::string> take(const std::string& path, std::string_view type, int depth) {
    if (depth > kMaxDepth) return path + " includes itself";
    Lines lines(root_ + path);
    if (!lines.readable()) return path + " cannot be read";
    for (auto words = lines.next(); !words.empty(); words = lines.next()) {
      if (auto problem = take_line(std::move(words), path, lines.number(), type, depth)) {
        return problem;
      }
    }
    return std::nullopt;
  }

  PamStack stack;

 private:
  std::optional<std::string> take_line(std::vector<std::string> words, const std::string& path,
                                       int number, std::string_view type, int depth) {
    if (words.size() < 2) return std::nullopt;
    const std::string first = lower(words[0]);
    if (first == "@include") return include(words[1], path, type, depth);
    const std::string own_type = first.starts_with('-') ? first.substr(1) : first;
    if ((!type.empty() && own_type != type) || words.size() < 3) return std::nullopt;
    if (words[1] == "include" || words[1] == "substack") {
      return include(words[2], path, own_type, depth);
    }
    PamLine line{path, number, own_type, lower(words[1]), words[2], {}};
    line.arguments.assign(words.begin() + 3, words.end());
    stack.push_back(std::move(line));
    return std::nullopt;
  }

  std::optional<std::string> include(const std::string& name, const std::string& from,
                                     std::string_view type, int depth) {
    const auto path = find_file(root_, name);
    if (!path) return from + " includes " + name + ", which is not there";
    return take(*path, type, depth + 1);
  }

  const std::string& root_;
};

}  // namespace

std::string PamLine::module_name() const {
  return module.substr(module.rfind('/') + 1);
}

std::vector<std::string> pam_services(const std::string& root) {
  std::set<std::string> names;
  for (const char* directory : kDirectories) {
    std::error_code ignored;
    const std::filesystem::directory_iterator entries(root + directory, ignored);
    for (const auto& entry : entries) {
      if (entry.is_regular_file(ignored)) names.insert(entry.path().filename());
    }
  }
  return {names.begin(), names.end()};
}

std::expected<PamStack, std::string> read_pam_stack(const std::string& root,
                                                    const std::string& service) {
  const auto path = find_file(root, service);
  if (!path) return PamStack{};
  Reader reader(root);
  if (auto problem = reader.take(*path, kEveryType, 0)) return std::unexpected(*problem);
  return std::move(reader.stack);
}

std::vector<std::string> included_by(const std::string& root, const std::string& service) {
  const auto path = find_file(root, service);
  if (!path) return {};
  std::vector<std::string> names;
  Lines lines(root + *path);
  for (auto words = lines.next(); !words.empty(); words = lines.next()) {
    if (words.size() == 2 && lower(words[0]) == "@include") names.push_back(words[1]);
    if (words.size() >= 3 && (words[1] == "include" || words[1] == "substack")) {
      names.push_back(words[2]);
    }
  }
  return names;
}

}  // namespace claude_auth
