#include "admin/roster.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "admin/fault_list.h"
#include "admin/user_name.h"
#include "admin/yaml_tree.h"
#include "base/errors.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr std::size_t kMaxRoster = 4 << 20;
constexpr std::size_t kMaxEmail = 254;

// Merges of merges; what people write has one or two.
constexpr int kMaxMergeDepth = 16;

/// Where the keys of ours are in the map that describes a user.
struct Entry {
  std::optional<YamlId> name;
  std::optional<YamlId> email;
  std::optional<YamlId> claude_auth;
  std::optional<YamlId> parked;
};

struct EntryKey {
  std::string_view name;
  std::optional<YamlId> Entry::* member;
};

constexpr std::array kEntryKeys = {EntryKey{"name", &Entry::name}, EntryKey{"email", &Entry::email},
                                   EntryKey{"claude_auth", &Entry::claude_auth},
                                   EntryKey{"parked", &Entry::parked}};

/// The tools that a roster is shared with read YAML 1.1, where these are booleans. Quoted they are
/// text.
std::optional<bool> boolean_in(const YamlValue& value) {
  if (value.kind != YamlKind::scalar) return std::nullopt;
  if (value.tag != "?" && value.tag != "tag:yaml.org,2002:bool") return std::nullopt;
  for (const std::string_view word :
       {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    if (value.text == word) return true;
  for (const std::string_view word :
       {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    if (value.text == word) return false;
  return std::nullopt;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

/// Reads the users of one document.
class RosterReader {
 public:
  RosterReader(const YamlTree& tree, FaultList& faults) : tree_(tree), faults_(faults) {}

  std::vector<RosterUser> read();

 private:
  /// Calls `take` with the ids of each key that is text and of its value. Says which key of the
  /// map is there twice; only the first one counts.
  template <typename Take>
  void each_key(const YamlValue& map, Take take);

  void read_map(const YamlValue& map);
  void read_list(const YamlValue& list);
  void add_user(const YamlValue& name, const Entry& entry);
  const Entry& entry_of(YamlId map, int depth = 0);
  void merge(Entry& entry, YamlId source, int depth);
  [[nodiscard]] Entry described_by(YamlId id, const YamlValue& name);
  [[nodiscard]] bool read_flag(const std::optional<YamlId>& id, std::string_view key);
  [[nodiscard]] std::string read_email(const std::optional<YamlId>& id);

  const YamlTree& tree_;
  FaultList& faults_;
  std::vector<RosterUser> users_;
  std::map<std::string, int, std::less<>> lines_;  // of the users so far
  std::map<YamlId, Entry> entries_;                // each map is read once, whoever names it
};

template <typename Take>
void RosterReader::each_key(const YamlValue& map, Take take) {
  std::map<std::string_view, int> seen;
  for (std::size_t i = 0; i + 1 < map.ids.size(); i += 2) {
    const YamlValue& key = tree_.at(map.ids[i]);
    if (key.kind != YamlKind::scalar) continue;
    const auto [first, is_new] = seen.emplace(key.text, key.line);
    if (!is_new) {
      faults_.add(key.line, "the key \"" + printable(key.text) +
                                "\" is there twice, first in line " +
                                std::to_string(first->second));
      continue;
    }
    take(map.ids[i], map.ids[i + 1]);
  }
}

std::vector<RosterUser> RosterReader::read() {
  const YamlValue& root = tree_.at(tree_.root());
  std::optional<YamlId> users;
  if (root.kind == YamlKind::map) {
    each_key(root, [&](YamlId key, YamlId value) {
      if (tree_.at(key).text == "users") users = value;
    });
  }
  if (!users) {
    faults_.add(root.line, "there is no \"users:\" at the top level");
    return {};
  }
  const YamlValue& found = tree_.at(*users);
  if (found.kind == YamlKind::sequence) {
    read_list(found);
  } else if (found.kind == YamlKind::map) {
    read_map(found);
  } else {
    faults_.add(found.line,
                "\"users:\" should be a map of users, or a list of maps with \"name:\"; {} for "
                "none");
  }
  return std::move(users_);
}

void RosterReader::read_map(const YamlValue& map) {
  for (std::size_t i = 0; i + 1 < map.ids.size(); i += 2) {
    const YamlValue& name = tree_.at(map.ids[i]);
    add_user(name, described_by(map.ids[i + 1], name));
  }
}

void RosterReader::read_list(const YamlValue& list) {
  for (const YamlId id : list.ids) {
    const Entry entry = tree_.at(id).kind == YamlKind::map ? entry_of(id) : Entry{};
    if (entry.name) {
      add_user(tree_.at(*entry.name), entry);
    } else {
      faults_.add(tree_.at(id).line, "each user of a list should be a map with \"name:\"");
    }
  }
}

void RosterReader::add_user(const YamlValue& name, const Entry& entry) {
  if (name.kind != YamlKind::scalar) return faults_.add(name.line, "a user's name should be text");
  if (!is_user_name(name.text)) {
    return faults_.add(name.line, "the user name \"" + printable(name.text) + "\" should be " +
                                      std::string(kUserNameRule));
  }
  const auto [first, is_new] = lines_.emplace(name.text, name.line);
  if (!is_new) {
    return faults_.add(name.line, "the user " + name.text + " is there twice, first in line " +
                                      std::to_string(first->second));
  }
  const bool wanted = read_flag(entry.claude_auth, "claude_auth");
  const bool parked = read_flag(entry.parked, "parked");
  users_.push_back({.name = name.text,
                    .email = read_email(entry.email),
                    .care = parked   ? Care::parked
                            : wanted ? Care::managed
                                     : Care::off,
                    .line = name.line});
}

Entry RosterReader::described_by(YamlId id, const YamlValue& name) {
  const YamlValue& value = tree_.at(id);
  if (value.kind == YamlKind::map) return entry_of(id);
  if (value.kind != YamlKind::null) {
    faults_.add(name.line, "the user \"" + printable(name.text) +
                               "\" should be a map, such as {claude_auth: true}");
  }
  return {};
}

const Entry& RosterReader::entry_of(YamlId map, int depth) {
  const auto [place, is_new] = entries_.try_emplace(map);
  Entry& entry = place->second;
  if (!is_new) return entry;
  std::optional<YamlId> merged;
  each_key(tree_.at(map), [&](YamlId key, YamlId value) {
    const YamlValue& word = tree_.at(key);
    if (word.tag == "?" && word.text == "<<") merged = value;
    for (const auto& [name, member] : kEntryKeys)
      if (word.text == name) entry.*member = value;
  });
  if (!merged) return entry;
  const YamlValue& source = tree_.at(*merged);
  const bool is_list = source.kind == YamlKind::sequence;
  for (const YamlId one : is_list ? source.ids : std::vector{*merged}) merge(entry, one, depth + 1);
  return entry;
}

/// What is there already stays: a merge key fills gaps only.
void RosterReader::merge(Entry& entry, YamlId source, int depth) {
  const YamlValue& value = tree_.at(source);
  if (value.kind != YamlKind::map) {
    return faults_.add(value.line, "\"<<\" should name a map, or a list of maps");
  }
  if (depth > kMaxMergeDepth) return faults_.add(value.line, "\"<<\" is nested too deeply");
  const Entry& from = entry_of(source, depth);
  for (const auto& [name, member] : kEntryKeys)
    if (!(entry.*member)) entry.*member = from.*member;
}

bool RosterReader::read_flag(const std::optional<YamlId>& id, std::string_view key) {
  if (!id) return false;
  const auto flag = boolean_in(tree_.at(*id));
  if (!flag) faults_.add(tree_.at(*id).line, std::string(key) + " should be true or false");
  return flag.value_or(false);
}

std::string RosterReader::read_email(const std::optional<YamlId>& id) {
  if (!id || tree_.at(*id).kind == YamlKind::null) return "";
  const YamlValue& value = tree_.at(*id);
  if (value.kind != YamlKind::scalar || value.text.size() > kMaxEmail ||
      std::ranges::any_of(value.text, is_control)) {
    faults_.add(value.line, "email should be one line of up to 254 bytes");
    return "";
  }
  return value.text;
}

}  // namespace

std::expected<std::vector<RosterUser>, RosterFaults> parse_roster(std::string_view text,
                                                                  const std::string& file) {
  FaultList faults(file);
  std::vector<RosterUser> users;
  if (text.size() > kMaxRoster) {
    faults.add(1, "a roster of more than 4 MiB is not read");
  } else if (const auto tree = read_yaml(text); !tree) {
    faults.add(tree.error().line, "no YAML that can be read: " + tree.error().sentence);
  } else {
    users = RosterReader(*tree, faults).read();
  }
  RosterFaults found = faults.take();
  if (!found.empty()) return std::unexpected(std::move(found));
  return users;
}

std::expected<std::vector<RosterUser>, RosterFaults> load_roster(const std::string& path,
                                                                 const VaultSettings& settings) {
  FileRules rules{.owner = ::geteuid(), .forbidden_bits = 0022, .max_bytes = kMaxRoster};
  auto text = read_small_file(path, rules);
  if (!text && text.error().kind == FileErrorKind::foreign_owner) {
    rules.owner = 0;
    text = read_small_file(path, rules);
  }
  if (!text) return std::unexpected(RosterFaults{text.error().sentence()});
  auto users = parse_roster(*text, path);
  if (!users) return users;
  if (auto faults = find_collisions(*users, settings, path); !faults.empty()) {
    return std::unexpected(std::move(faults));
  }
  return users;
}

}  // namespace claude_auth
