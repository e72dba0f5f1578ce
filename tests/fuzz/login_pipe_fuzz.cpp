// pam_claude/login_reply: what a hostile helper says to the module, cut into reads anywhere.
#include "pam_claude/login_reply.h"

#include "fuzz/fuzz.h"
#include "pam_claude/notice.h"

namespace claude_auth {
namespace {

void require_same(const LoginReply& a, const LoginReply& b) {
  using fuzz::require;
  require(a.over() == b.over() && a.wants_longer() == b.wants_longer() && a.token() == b.token(),
          "where a read ends changes nothing");
  for (const auto notice : kNotices)
    require(a.days_of(notice) == b.days_of(notice), "where a read ends changes nothing");
}

}  // namespace

void fuzz::take(std::string_view input) {
  LoginReply whole;
  const bool more = whole.take(input);
  require(more == !whole.over(), "the end is told");
  require(input.size() <= login_pipe::kMaxBytes || whole.over(), "no more is taken than the cap");
  require(whole.token().empty() || login_pipe::is_setup_token(whole.token()),
          "a session gets setup tokens only");
  for (const auto notice : kNotices) {
    const auto days = whole.days_of(notice);
    require(!days || (*days >= 0 && *days <= 9999), "days are in their range");
  }
  LoginReply single;
  for (const char& byte : input) single.take({&byte, 1});
  require_same(whole, single);
}

}  // namespace claude_auth
