// Parses login_pipe.h's lines strictly: what is not exactly of the form ends the conversation.
#include "pam_claude/login_reply.h"

#include <string.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace claude_auth {
namespace {

using login_pipe::kMaxBytes;

/// Four digits are 27 years: more than any date the helper has to tell.
constexpr std::size_t kMostDayDigits = 4;

/// The index of notice code `digit` in an array, or nothing for a code that does not exist.
std::optional<std::size_t> notice_index(char digit, std::size_t notices) {
  if (digit < '1') return std::nullopt;
  const auto index = static_cast<std::size_t>(digit - '1');
  if (index >= notices) return std::nullopt;
  return index;
}

}  // namespace

LoginReply::~LoginReply() {
  ::explicit_bzero(line_.data(), line_.size());
  ::explicit_bzero(token_.data(), token_.size());
}

bool LoginReply::take(std::span<const char> bytes) {
  for (const char byte : bytes) {
    if (over_) break;
    over_ = !take_byte(byte);
  }
  return !over_;
}

std::optional<int> LoginReply::days_of(login_pipe::Notice notice) const {
  return days_[static_cast<std::size_t>(notice) - 1];
}

bool LoginReply::take_byte(char byte) {
  if (++bytes_ > kMaxBytes) return false;
  if (byte == '\n') {
    const std::string_view line(line_.data(), line_length_);
    line_length_ = 0;
    return take_line(line);
  }
  if (line_length_ == line_.size()) return false;
  line_[line_length_++] = byte;
  return true;
}

bool LoginReply::take_line(std::string_view line) {
  if (line.size() == 1 && line[0] == login_pipe::kWait) {
    wants_longer_ = true;
    return true;
  }
  if (line.size() == 1 && line[0] == login_pipe::kNoToken) {
    forget_token();
    return true;
  }
  if (line.size() < 3 || line[1] != ' ') return false;
  const char code = line[0];
  line.remove_prefix(2);
  if (code == login_pipe::kToken) return take_token(line);
  if (code == login_pipe::kNotice) return take_notice(line);
  return false;
}

bool LoginReply::take_token(std::string_view token) {
  if (!login_pipe::is_setup_token(token)) return false;
  forget_token();
  std::ranges::copy(token, token_.begin());
  token_length_ = token.size();
  return true;
}

void LoginReply::forget_token() {
  ::explicit_bzero(token_.data(), token_.size());
  token_length_ = 0;
}

bool LoginReply::take_notice(std::string_view argument) {
  if (argument.size() < 3 || argument.size() > 2 + kMostDayDigits || argument[1] != ' ') {
    return false;
  }
  const auto index = notice_index(argument[0], days_.size());
  if (!index || days_[*index]) return false;
  argument.remove_prefix(2);
  unsigned short days = 0;
  const char* const end = argument.data() + argument.size();
  const auto [stop, error] = std::from_chars(argument.data(), end, days);
  if (error != std::errc{} || stop != end) return false;
  days_[*index] = days;
  return true;
}

}  // namespace claude_auth
