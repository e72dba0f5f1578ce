// A YAML document as plain values: the one place that knows yaml-cpp, and catches what it throws.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace claude_auth {

/// Where a value is in its YamlTree.
using YamlId = std::size_t;

enum class YamlKind { null, scalar, sequence, map };

struct YamlValue {
  YamlKind kind = YamlKind::null;
  int line = 1;             ///< from 1
  std::string text;         ///< of a scalar
  std::string tag;          ///< "?" of a plain scalar, "!" of a quoted one, else what was written
  std::vector<YamlId> ids;  ///< of a sequence: its items; of a map: key, value, key, value…
};

/// All values of one document. An alias is the id of the value that it names: nothing is copied,
/// and a value may be part of itself. Duplicate keys are kept, merge keys are keys like any other.
class YamlTree {
 public:
  [[nodiscard]] const YamlValue& at(YamlId id) const { return values_[id]; }
  [[nodiscard]] YamlId root() const { return root_; }

 private:
  friend class YamlTreeBuilder;
  std::vector<YamlValue> values_;
  YamlId root_ = 0;
};

/// Why a text is no YAML, without what it holds.
struct YamlFault {
  int line = 1;
  std::string sentence;
};

/// Reads UTF-8 text, with or without a byte order mark, that holds one document. Refused are
/// control characters, other encodings, a second document, and nesting deeper than yaml-cpp takes
/// (some hundred levels).
[[nodiscard]] std::expected<YamlTree, YamlFault> read_yaml(std::string_view text);

}  // namespace claude_auth
