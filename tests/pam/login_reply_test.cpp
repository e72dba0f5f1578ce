// The parser of the pipe: what it takes, and that nothing else gets in.
#include "pam_claude/login_reply.h"

#include <random>
#include <string>
#include <string_view>

#include "cmocka_cpp.h"
#include "pam_claude/notice.h"

namespace {

using claude_auth::LoginReply;
using claude_auth::login_pipe::is_setup_token;
using claude_auth::login_pipe::kMaxBytes;
using claude_auth::login_pipe::kMaxToken;
using claude_auth::login_pipe::Notice;

constexpr std::string_view kToken = "sk-ant-oat01-TEST_only-123";

bool take(LoginReply& reply, std::string_view text) {
  return reply.take({text.data(), text.size()});
}

std::string token_line(std::string_view token) {
  return "T " + std::string(token) + "\n";
}

std::string token_of_length(std::size_t length) {
  std::string token = claude_auth::login_pipe::kTokenPrefix;
  token.resize(length, 'x');
  return token;
}

void assert_ends(std::string_view text) {
  LoginReply reply;
  assert_false(take(reply, text));
  assert_true(reply.over());
  assert_true(reply.token().empty());
  assert_false(reply.wants_longer());
  for (const Notice notice : claude_auth::kNotices) assert_false(reply.days_of(notice).has_value());
}

void silence_says_nothing(void**) {
  const LoginReply reply;
  assert_false(reply.over() || reply.wants_longer());
  assert_true(reply.token().empty());
}

void wait_asks_for_longer(void**) {
  LoginReply reply;
  assert_true(take(reply, "W\n"));
  assert_true(reply.wants_longer());
}

void token_is_taken(void**) {
  LoginReply reply;
  assert_true(take(reply, token_line(kToken)));
  assert_true(reply.token() == kToken);
}

void notice_is_taken_with_its_days(void**) {
  LoginReply reply;
  assert_true(take(reply, "N 3 12\nN 1 0\nN 2 9999\n"));
  assert_int_equal(*reply.days_of(Notice::setup_token_expires), 12);
  assert_int_equal(*reply.days_of(Notice::login_needed), 0);
  assert_int_equal(*reply.days_of(Notice::login_expires), 9999);
  assert_false(reply.days_of(Notice::setup_token_rejected).has_value());
}

void lines_may_come_byte_by_byte(void**) {
  LoginReply reply;
  for (const char byte : "W\n" + token_line(kToken) + "N 4 0\n") {
    assert_true(reply.take({&byte, 1}));
  }
  assert_true(reply.wants_longer());
  assert_true(reply.token() == kToken);
  assert_true(reply.days_of(Notice::setup_token_rejected).has_value());
}

void an_unfinished_line_is_not_taken(void**) {
  LoginReply reply;
  const std::string line = token_line(kToken);
  assert_true(take(reply, std::string_view(line).substr(0, line.size() - 1)));
  assert_true(reply.token().empty());
}

void garbage_ends_the_conversation(void**) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"\n"sv,        " \n"sv,         "w\n"sv,
        "W \n"sv,      "WW\n"sv,        "W\r\n"sv,
        "\0\n"sv,      "W\0\n"sv,       "X 1\n"sv,
        "T\n"sv,       "T \n"sv,        "N\n"sv,
        "N 1\n"sv,     "N 1 \n"sv,      "N  1\n"sv,
        "N 0 1\n"sv,   "N 5 1\n"sv,     "N 9 1\n"sv,
        "N 1  1\n"sv,  "N 1 -1\n"sv,    "N 1 +1\n"sv,
        "N 1 1 \n"sv,  "N 1 10000\n"sv, "N 1 1x\n"sv,
        "N 11 1\n"sv,  "N 1 1\0\n"sv,   "CLAUDE_CODE_OAUTH_TOKEN=x\n"sv,
        "\xff\xfe\n"sv}) {
    assert_ends(text);
  }
}

void tokens_of_another_shape_end_it(void**) {
  for (const char* token :
       {"sk-ant-oat01-", "sk-ant-oat02-abc", "sk-ant-oat01", "SK-ANT-OAT01-abc", "xsk-ant-oat01-a",
        " sk-ant-oat01-abc", "sk-ant-oat01-abc ", "sk-ant-oat01-a b", "sk-ant-oat01-a=b",
        "sk-ant-oat01-a\tb", "sk-ant-oat01-a\rb", "sk-ant-oat01-\xc3\xa4", "sk-ant-oat01-a;b",
        "sk-ant-oat01-$x", "sk-ant-oat01-a/b"}) {
    assert_ends(token_line(token));
  }
}

void a_nul_in_the_token_ends_it(void**) {
  using namespace std::string_view_literals;
  assert_ends("T sk-ant-oat01-a\0b\n"sv);
}

void the_longest_token_fits(void**) {
  LoginReply reply;
  const std::string token = token_of_length(kMaxToken);
  assert_true(take(reply, token_line(token)));
  assert_true(reply.token() == token);
}

void a_longer_token_ends_it(void**) {
  assert_ends(token_line(token_of_length(kMaxToken + 1)));
}

void an_endless_line_ends_it(void**) {
  assert_ends(std::string(kMaxBytes * 2, 'T'));
}

void what_came_before_garbage_stays(void**) {
  LoginReply reply;
  assert_false(take(reply, "W\n" + token_line(kToken) + "N 3 1\nrubbish\nN 1 0\n"));
  assert_true(reply.wants_longer());
  assert_true(reply.token() == kToken);
  assert_int_equal(*reply.days_of(Notice::setup_token_expires), 1);
  assert_false(reply.days_of(Notice::login_needed).has_value());
}

void nothing_is_taken_after_the_end(void**) {
  LoginReply reply;
  assert_false(take(reply, "rubbish\n"));
  assert_false(take(reply, token_line(kToken)));
  assert_true(reply.token().empty());
}

void a_later_token_replaces_the_first(void**) {
  LoginReply reply;
  assert_true(take(reply, token_line(kToken) + token_line("sk-ant-oat01-B")));
  assert_true(reply.token() == "sk-ant-oat01-B");
}

void a_token_can_be_taken_back(void**) {
  LoginReply reply;
  assert_true(take(reply, token_line(kToken) + "U\n"));
  assert_true(reply.token().empty());
}

void the_same_notice_twice_ends_it(void**) {
  LoginReply reply;
  assert_false(take(reply, "N 1 0\nN 1 5\n"));
  assert_int_equal(*reply.days_of(Notice::login_needed), 0);
}

void bytes_past_the_limit_are_not_read(void**) {
  std::string text;
  while (text.size() < kMaxBytes) text += "W\n";
  LoginReply reply;
  assert_true(take(reply, text));
  assert_false(take(reply, token_line(kToken)));
  assert_true(reply.token().empty());
}

void noise_never_makes_a_token(void**) {
  std::mt19937 random(20261121);
  const std::string_view alphabet("WTN 0123\n\0sk-ant-oat01-", 23);
  std::uniform_int_distribution<std::size_t> letter(0, alphabet.size() - 1);
  for (int round = 0; round < 20'000; ++round) {
    LoginReply reply;
    char bytes[64];
    for (char& byte : bytes) byte = alphabet[letter(random)];
    reply.take(bytes);
    assert_true(reply.token().empty() || is_setup_token(reply.token()));
  }
}

void notices_read_as_the_manual_says(void**) {
  using claude_auth::compose;
  assert_string_equal(compose(Notice::login_needed, 0, "claude auth login").data(),
                      "Claude login expired: run `claude auth login`");
  assert_string_equal(compose(Notice::login_expires, 1, "x y").data(),
                      "Claude login expires in 1 day: run `x y`");
  assert_string_equal(compose(Notice::login_expires, 0, "x").data(),
                      "Claude login expires today: run `x`");
  assert_string_equal(compose(Notice::setup_token_expires, 12, "x").data(),
                      "Claude setup token expires in 12 days: run `claude setup-token`, then "
                      "`claude-auth-sync setup-token set`");
  assert_string_equal(compose(Notice::setup_token_rejected, 0, "x").data(),
                      "Claude setup token is rejected: run `claude setup-token`, then "
                      "`claude-auth-sync setup-token set`");
}

void the_longest_command_is_not_cut(void**) {
  const std::string command(200, 'c');
  const std::string text =
      claude_auth::compose(Notice::login_expires, 9999, command.c_str()).data();
  assert_true(text.ends_with(command + "`"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(silence_says_nothing),
      cmocka_unit_test(wait_asks_for_longer),
      cmocka_unit_test(token_is_taken),
      cmocka_unit_test(notice_is_taken_with_its_days),
      cmocka_unit_test(lines_may_come_byte_by_byte),
      cmocka_unit_test(an_unfinished_line_is_not_taken),
      cmocka_unit_test(garbage_ends_the_conversation),
      cmocka_unit_test(tokens_of_another_shape_end_it),
      cmocka_unit_test(a_nul_in_the_token_ends_it),
      cmocka_unit_test(the_longest_token_fits),
      cmocka_unit_test(a_longer_token_ends_it),
      cmocka_unit_test(an_endless_line_ends_it),
      cmocka_unit_test(what_came_before_garbage_stays),
      cmocka_unit_test(nothing_is_taken_after_the_end),
      cmocka_unit_test(a_later_token_replaces_the_first),
      cmocka_unit_test(a_token_can_be_taken_back),
      cmocka_unit_test(the_same_notice_twice_ends_it),
      cmocka_unit_test(bytes_past_the_limit_are_not_read),
      cmocka_unit_test(noise_never_makes_a_token),
      cmocka_unit_test(notices_read_as_the_manual_says),
      cmocka_unit_test(the_longest_command_is_not_cut),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
