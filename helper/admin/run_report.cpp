#include "admin/run_report.h"

#include <cstdio>

#include "base/time_text.h"

namespace claude_auth {

void RunReport::add(const std::string& user, const UserLine& line) {
  switch (line.outcome()) {
    case UserOutcome::unchanged:
      ++unchanged_;
      break;
    case UserOutcome::changed:
      ++changed_;
      break;
    case UserOutcome::left:
      ++left_;
      break;
    case UserOutcome::failed:
      ++failed_;
      break;
  }
  if (const std::string text = line.text(user); !text.empty()) note(text);
  progress_.show(++seen_, users_);
}

void RunReport::note(const std::string& sentence) {
  progress_.clear();
  std::printf("%s\n", sentence.c_str());
  std::fflush(stdout);
}

int RunReport::finish() {
  std::string summary = count_of(static_cast<std::int64_t>(users_), "user") + ": " +
                        std::to_string(unchanged_) + " unchanged, " + std::to_string(changed_) +
                        " changed, " + std::to_string(failed_) + " failed";
  if (left_ > 0) summary += ", " + std::to_string(left_) + " left to do";
  note(summary);
  if (failed_ > 0) return 1;
  return left_ > 0 ? kLeftToDo : 0;
}

}  // namespace claude_auth
