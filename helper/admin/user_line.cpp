#include "admin/user_line.h"

namespace claude_auth {

void UserLine::did(const std::string& what) {
  add(what);
  did_ = true;
}

void UserLine::warn(const std::string& of) {
  add(of);
  warned_ = true;
}

void UserLine::left(const std::string& what) {
  add(what);
  left_ = true;
}

void UserLine::failed(const std::string& why) {
  add(why);
  failed_ = true;
}

void UserLine::put_off() {
  left_ = true;
}

UserOutcome UserLine::outcome() const {
  if (failed_) return UserOutcome::failed;
  if (left_) return UserOutcome::left;
  return did_ ? UserOutcome::changed : UserOutcome::unchanged;
}

std::string UserLine::text(const std::string& user) const {
  if (pieces_.empty()) return {};
  const char* word = "OK";
  if (warned_ || left_) word = "WARN";
  if (failed_) word = "FAIL";
  return user + ": " + word + " " + pieces_;
}

void UserLine::add(const std::string& piece) {
  pieces_ += (pieces_.empty() ? "" : "; ") + piece;
}

}  // namespace claude_auth
