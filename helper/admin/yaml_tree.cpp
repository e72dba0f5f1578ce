#include "admin/yaml_tree.h"

#include <jansson.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/errors.h"
#include "base/json.h"

namespace claude_auth {
namespace {

// 2,000 users of 30 keys each are 120,000 values; past this a text of 4 MiB would take gigabytes.
constexpr std::size_t kMaxValues = 1'000'000;

}  // namespace

/// Puts a tree together from yaml-cpp's events.
class YamlTreeBuilder : public YAML::EventHandler {
 public:
  explicit YamlTreeBuilder(int last_line) : last_line_(last_line) {}

  YamlTree take() { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(YamlKind::null, mark, anchor);
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override { attach(anchors_[anchor]); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlValue& value = add(YamlKind::scalar, mark, anchor);
    value.tag = tag;
    value.text = text;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlKind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlKind::map, mark, anchor);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  /// A value that is left out is where its key is: yaml-cpp's mark is behind it, lines away.
  [[nodiscard]] int line_of(YamlKind kind, const YAML::Mark& mark) const {
    if (kind == YamlKind::null && !open_.empty()) {
      const YamlValue& around = tree_.values_[open_.back()];
      if (around.kind == YamlKind::map && around.ids.size() % 2 == 1) {
        return tree_.values_[around.ids.back()].line;
      }
    }
    return std::min(mark.line + 1, last_line_);
  }

  YamlValue& add(YamlKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const YamlId id = tree_.values_.size();
    if (id == kMaxValues) throw YAML::ParserException(mark, "more than a million values");
    tree_.values_.push_back(
        {.kind = kind, .line = line_of(kind, mark), .text = {}, .tag = {}, .ids = {}});
    if (anchor != 0) {
      anchors_.resize(std::max(anchors_.size(), anchor + 1));
      anchors_[anchor] = id;
    }
    attach(id);
    return tree_.values_.back();
  }

  void open(YamlKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const YamlId id = tree_.values_.size();
    add(kind, mark, anchor);
    open_.push_back(id);
  }

  void attach(YamlId id) {
    if (!open_.empty()) tree_.values_[open_.back()].ids.push_back(id);
  }

  int last_line_;
  YamlTree tree_;
  std::vector<YamlId> anchors_;  // by yaml-cpp's numbers, which count from 1
  std::vector<YamlId> open_;     // the collections around what comes next
};

namespace {

/// What YAML allows of ASCII: tab, and all that is printable.
bool is_plain(char c) {
  return c == '\t' || (c >= ' ' && c != '\x7f') || static_cast<signed char>(c) < 0;
}

bool is_utf8(std::string_view text) {
  return Json(json_stringn(text.data(), text.size())) != nullptr;
}

/// yaml-cpp would take other encodings, replace what is none, and count no line at a lone CR.
std::optional<YamlFault> find_bad_bytes(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view bytes = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    if (!std::ranges::all_of(bytes, is_plain)) return YamlFault{line, "a control character"};
    if (!is_utf8(bytes)) return YamlFault{line, "not UTF-8"};
  }
  return std::nullopt;
}

int lines_in(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return static_cast<int>(std::ranges::count(text, '\n')) + 1;
}

/// What yaml-cpp has another word for in each place.
bool is_indented_by_tab(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line)
    text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  return text.substr(0, text.find_first_not_of(" \t")).contains('\t');
}

}  // namespace

std::expected<YamlTree, YamlFault> read_yaml(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto fault = find_bad_bytes(text)) return std::unexpected(*fault);
  const int last_line = lines_in(text);
  try {
    // yaml-cpp takes the end of the text for the end of a quoted scalar, but not this marker.
    std::istringstream stream{std::string(text) + "\n...\n"};
    YAML::Parser parser(stream);
    YamlTreeBuilder builder(last_line);
    if (!parser.HandleNextDocument(builder)) return std::unexpected(YamlFault{1, "nothing"});
    YamlTree tree = builder.take();
    YamlTreeBuilder second(last_line);
    if (parser.HandleNextDocument(second)) {
      return std::unexpected(YamlFault{second.take().at(0).line, "a second document"});
    }
    return tree;
  } catch (const YAML::DeepRecursion& error) {
    return std::unexpected(
        YamlFault{std::min(error.mark.line + 1, last_line), "nested too deeply"});
  } catch (const YAML::Exception& error) {
    const int line = std::min(error.mark.line + 1, last_line);
    return std::unexpected(YamlFault{
        line, is_indented_by_tab(text, line) ? "indented by a tab" : printable(error.msg)});
  }
}

}  // namespace claude_auth
