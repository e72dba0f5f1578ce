// What the helper said over the pipe (login_pipe.h), parsed without trust and in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "pam_claude/login_pipe.h"

namespace claude_auth {

/// Reads the conversation as it arrives. Zeroes what it held when it goes.
class LoginReply {
 public:
  LoginReply() = default;
  LoginReply(const LoginReply&) = delete;
  LoginReply& operator=(const LoginReply&) = delete;
  ~LoginReply();

  /// Takes the next bytes, cut anywhere. False once the conversation is over, by a line that is
  /// not of the protocol or by kMaxBytes: nothing more will be taken.
  bool take(std::span<const char> bytes);

  [[nodiscard]] bool over() const { return over_; }

  /// The helper asked for the longer deadline.
  [[nodiscard]] bool wants_longer() const { return wants_longer_; }

  /// The setup token last named, checked for its shape; empty where there was none, or it was
  /// taken back.
  [[nodiscard]] std::string_view token() const { return {token_.data(), token_length_}; }

  /// The days of `notice`, where the helper gave it.
  [[nodiscard]] std::optional<int> days_of(login_pipe::Notice notice) const;

 private:
  bool take_byte(char byte);
  bool take_line(std::string_view line);
  bool take_token(std::string_view token);
  void forget_token();
  bool take_notice(std::string_view argument);

  static constexpr std::size_t kLongestLine = 2 + login_pipe::kMaxToken;
  static constexpr std::size_t kNoticeCodes = 4;

  std::array<char, kLongestLine> line_{};
  std::size_t line_length_ = 0;
  std::array<char, login_pipe::kMaxToken> token_{};
  std::size_t token_length_ = 0;
  std::array<std::optional<int>, kNoticeCodes> days_{};
  std::size_t bytes_ = 0;
  bool wants_longer_ = false;
  bool over_ = false;
};

}  // namespace claude_auth
