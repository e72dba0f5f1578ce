// The command line's parser: which subcommand, which options, and what a mistake is told.
#include "base/command_line.h"

#include <unistd.h>

#include <array>

#include "cmocka_cpp.h"

namespace {

using namespace claude_auth;

struct Values {
  bool pam = false;
  std::string host;
  int timeout = 0;
  std::vector<std::string> operands;
};

Program program_with(Values& values) {
  return {.name = "tool",
          .version = "1.2",
          .summary = "Does things.",
          .manual = "tool(1)",
          .subcommands = {
              {.name = "sync", .summary = "The default", .run = [] { return 0; }},
              {.name = "login",
               .summary = "Logs in",
               .options = {flag("pam", values.pam, "Speaks to PAM"),
                           text_option("host", "NAME", values.host, "Which host"),
                           number_option(
                               "timeout", "MS", 1, 600, [&](int ms) { values.timeout = ms; },
                               "How long")},
               .run = [] { return 0; }},
              {.name = "token set", .summary = "Sets", .run = [] { return 0; }},
              {.name = "token remove", .summary = "Removes", .run = [] { return 0; }},
              {.name = "exec",
               .summary = "Runs",
               .options = {flag("fetch", values.pam, "Asks first")},
               .operands = {.name = "COMMAND [ARGUMENT]...", .target = &values.operands},
               .run = [] { return 0; }},
          }};
}

/// What a command line came to, and all that was printed about it.
struct Parsed {
  std::string name;
  int exit_status = 0;
  Values values;
  std::string printed;
};

Parsed parse(std::vector<std::string> words) {
  Parsed parsed;
  const Program program = program_with(parsed.values);
  words.insert(words.begin(), "tool");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  assert_int_equal(::pipe(ends.data()), 0);
  std::fflush(stdout);
  const std::array kept{::dup(STDOUT_FILENO), ::dup(STDERR_FILENO)};
  ::dup2(ends[1], STDOUT_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  const auto command = parse_command_line(program, static_cast<int>(words.size()), argv.data());
  std::fflush(stdout);
  ::dup2(kept[0], STDOUT_FILENO);
  ::dup2(kept[1], STDERR_FILENO);
  for (const int fd : kept) ::close(fd);

  std::array<char, 4096> text{};
  for (ssize_t length = 0; (length = ::read(ends[0], text.data(), text.size())) > 0;)
    parsed.printed.append(text.data(), static_cast<std::size_t>(length));
  ::close(ends[0]);
  if (command)
    parsed.name = (*command)->name;
  else
    parsed.exit_status = command.error();
  return parsed;
}

void assert_refused(const Parsed& parsed, const char* words) {
  assert_string_equal(parsed.name.c_str(), "");
  assert_int_equal(parsed.exit_status, kUsageError);
  if (!parsed.printed.contains(words))
    fail_msg("\"%s\" does not say \"%s\"", parsed.printed.c_str(), words);
}

void no_word_is_the_first_subcommand(void**) {
  assert_string_equal(parse({}).name.c_str(), "sync");
}

void options_reach_their_targets(void**) {
  const Parsed parsed = parse({"login", "--pam", "--host=a b", "--timeout", "600"});
  assert_string_equal(parsed.name.c_str(), "login");
  assert_true(parsed.values.pam);
  assert_string_equal(parsed.values.host.c_str(), "a b");
  assert_int_equal(parsed.values.timeout, 600);
  assert_string_equal(parsed.printed.c_str(), "");
}

void a_subcommand_may_have_two_words(void**) {
  assert_string_equal(parse({"token", "remove"}).name.c_str(), "token remove");
}

void half_a_subcommand_is_told_its_other_halves(void**) {
  assert_refused(parse({"token"}), "token needs one of: set, remove");
  assert_refused(parse({"token", "sell"}), "token needs one of: set, remove");
}

void an_unknown_word_is_no_command(void**) {
  assert_refused(parse({"logout"}), "\"logout\" is no command");
  assert_refused(parse({"--pam"}), "\"--pam\" is no command");
}

void an_unknown_option_is_named(void**) {
  assert_refused(parse({"login", "--pam", "--bad"}), "--bad is no option of login");
  assert_refused(parse({"login", "-x"}), "-x is no option of login");
}

void a_missing_value_is_asked_for(void**) {
  assert_refused(parse({"login", "--timeout"}), "--timeout needs a value");
}

void a_flag_takes_no_value(void**) {
  assert_refused(parse({"login", "--pam=yes"}), "--pam=yes is no option of login");
}

void numbers_keep_their_range(void**) {
  for (const char* wrong : {"0", "601", "-1", "1x", "", "99999999999"})
    assert_refused(parse({"login", "--timeout", wrong}), "is no number from 1 to 600");
}

void operands_where_none_belong_are_refused(void**) {
  assert_refused(parse({"login", "now"}), "login takes no \"now\"");
}

void operands_are_asked_for(void**) {
  assert_refused(parse({"exec"}), "usage: tool exec [OPTION]... [--] COMMAND [ARGUMENT]...");
}

void a_command_keeps_its_own_options(void**) {
  const std::vector<std::string> expected{"ls", "--fetch", "-l", "--"};
  for (const auto& words : {std::vector<std::string>{"exec", "--", "ls", "--fetch", "-l", "--"},
                            std::vector<std::string>{"exec", "ls", "--fetch", "-l", "--"}}) {
    const Parsed parsed = parse(words);
    assert_true(parsed.values.operands == expected);
    assert_false(parsed.values.pam);
  }
}

void help_and_version_are_no_mistakes(void**) {
  assert_int_equal(parse({"--help"}).exit_status, 0);
  assert_true(parse({"--help"}).printed.contains("token set"));
  assert_true(parse({"login", "--help"}).printed.contains("--timeout=MS"));
  assert_string_equal(parse({"--version"}).printed.c_str(), "tool 1.2\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_word_is_the_first_subcommand),
      cmocka_unit_test(options_reach_their_targets),
      cmocka_unit_test(a_subcommand_may_have_two_words),
      cmocka_unit_test(half_a_subcommand_is_told_its_other_halves),
      cmocka_unit_test(an_unknown_word_is_no_command),
      cmocka_unit_test(an_unknown_option_is_named),
      cmocka_unit_test(a_missing_value_is_asked_for),
      cmocka_unit_test(a_flag_takes_no_value),
      cmocka_unit_test(numbers_keep_their_range),
      cmocka_unit_test(operands_where_none_belong_are_refused),
      cmocka_unit_test(operands_are_asked_for),
      cmocka_unit_test(a_command_keeps_its_own_options),
      cmocka_unit_test(help_and_version_are_no_mistakes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
