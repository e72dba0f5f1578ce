// pam_claude/options and what is made of them: the line in /etc/pam.d, one argument a line.
#include <pwd.h>

#include "fuzz/fuzz.h"
#include "pam_claude/invocation.h"
#include "pam_claude/notice.h"
#include "pam_claude/options.h"
#include "pam_claude/session_gate.h"

namespace claude_auth {
namespace {

std::vector<std::string> lines_of(std::string_view input) {
  std::vector<std::string> lines;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    lines.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return lines;
}

void check_uses(const Options& options) {
  using fuzz::require;
  const std::chrono::milliseconds longest{60'000};
  require(options.first_deadline().count() >= 1 && options.timeout <= longest, "deadlines hold");
  require(options.helper[0] == '/', "the helper is named by an absolute path");
  for (const char* service : {"sshd", "cron", ""}) {
    require(*sentence(judge_service(options, service)) != '\0', "a verdict has a sentence");
    static_cast<void>(may_speak(options, {service, false, true}));
  }
  static_cast<void>(judge_user(options, 1000, "/home/person", Membership::not_asked));
  for (const auto notice : kNotices) {
    const NoticeText text = compose(notice, 9999, options.login_command);
    fuzz::require_sentence(text.data());
  }
  std::array<char, 7> name{"person"};
  std::array<char, 13> home{"/home/person"};
  passwd account{};
  account.pw_name = name.data();
  account.pw_dir = home.data();
  const Invocation invocation(options, account);
  require(invocation.fits(), "an ordinary account is passed on");
  for (char* const* word = invocation.arguments(); *word != nullptr; ++word)
    fuzz::require_sentence(*word);
}

}  // namespace

void fuzz::take(std::string_view input) {
  const std::vector<std::string> arguments = lines_of(input);
  Options options;
  for (const std::string& argument : arguments) {
    if (const auto applied = apply_option(options, argument.c_str()); !applied)
      require_sentence(sentence(applied.error()));
  }
  check_uses(options);
}

}  // namespace claude_auth
