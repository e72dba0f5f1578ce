// What became of one user in a run, and the one line that says it.
#pragma once

#include <string>

namespace claude_auth {

enum class UserOutcome {
  unchanged,  ///< all was right
  changed,
  left,    ///< something is to do that this run had no means for
  failed,  ///< whatever else was done
};

class UserLine {
 public:
  // Each takes a piece of the line, free of anything that is not printable.
  void did(const std::string& what);
  void warn(const std::string& of);
  void left(const std::string& what);
  void failed(const std::string& why);
  /// Something is left, and what it is is said of the whole run.
  void put_off();

  [[nodiscard]] UserOutcome outcome() const;

  /// "emo: OK policy written; units enabled", with WARN where something is left or to be known, and
  /// FAIL where something failed. Empty where there is nothing to say.
  [[nodiscard]] std::string text(const std::string& user) const;

 private:
  void add(const std::string& piece);

  std::string pieces_;
  bool did_ = false;
  bool warned_ = false;
  bool left_ = false;
  bool failed_ = false;
};

}  // namespace claude_auth
