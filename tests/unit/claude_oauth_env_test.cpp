// helper/claude/oauth_env: what is a setup token, and which env file is believed.
#include "claude/oauth_env.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "cmocka_cpp.h"
#include "table.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

constexpr char kToken[] = "sk-ant-oat01-TEST_setup-token0";
constexpr char kLine[] = "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-TEST_setup-token0\n";

void every_text_has_its_shape(void**) {
  const std::string prefix = "sk-ant-oat01-";
  const Row<std::string, bool> rows[] = {
      {"a token", kToken, true},
      {"one character", prefix + "A", true},
      {"1,024 bytes", prefix + std::string(1024 - prefix.size(), 'a'), true},
      {"1,025 bytes", prefix + std::string(1025 - prefix.size(), 'a'), false},
      {"nothing behind the prefix", prefix, false},
      {"nothing", "", false},
      {"another kind", "sk-ant-api03-TEST", false},
      {"a refresh token", "sk-ant-ort01-TEST", false},
      {"a blank in front", " " + std::string(kToken), false},
      {"a newline behind", std::string(kToken) + "\n", false},
      {"a quote inside", prefix + "A\"B", false},
      {"a dollar inside", prefix + "$A", false},
      {"a NUL inside", prefix + std::string("A\0B", 3), false},
      {"a dot inside", prefix + "A.B", false},
      {"a byte above ASCII", prefix + "A\xC3\xA4", false},
  };
  every_row_holds(rows, [](const std::string& text) { return is_setup_token(text); });
}

void a_fingerprint_tells_tokens_apart_and_hides_them(void**) {
  const std::string one = token_fingerprint("TEST-one");
  assert_string_equal(one.c_str(), token_fingerprint("TEST-one").c_str());
  assert_true(one != token_fingerprint("TEST-two"));
  assert_true(one.find_first_not_of("0123456789abcdef") == std::string::npos);
  assert_int_equal(one.size(), 32);
}

void the_line_is_exactly_the_assignment(void**) {
  assert_string_equal(oauth_env_line(Secret::copy_of(kToken)).c_str(), kLine);
}

void every_env_file_has_its_token(void**) {
  const std::string line = kLine;
  const std::string bare = line.substr(0, line.size() - 1);
  const Row<std::string, std::string> rows[] = {
      {"our line", line, kToken},
      {"without its newline", bare, kToken},
      {"nothing", "", ""},
      {"the name alone", "CLAUDE_CODE_OAUTH_TOKEN=\n", ""},
      {"another line behind", line + "PATH=/made-up\n", ""},
      {"another line in front", "PATH=/made-up\n" + line, ""},
      {"a comment in front", "# made up\n" + line, ""},
      {"twice", line + line, ""},
      {"two newlines", line + "\n", ""},
      {"exported", "export " + line, ""},
      {"quoted", "CLAUDE_CODE_OAUTH_TOKEN=\"" + std::string(kToken) + "\"\n", ""},
      {"another variable", "ANTHROPIC_API_KEY=" + std::string(kToken) + "\n", ""},
      {"a carriage return", bare + "\r\n", ""},
      {"no setup token", "CLAUDE_CODE_OAUTH_TOKEN=TEST\n", ""},
  };
  every_row_holds(
      rows, [](const std::string& bytes) { return std::string(parse_oauth_env(bytes).view()); });
}

std::optional<FileErrorKind> refusal(const std::string& path) {
  const auto token = read_oauth_env(path, ::geteuid());
  if (token) return std::nullopt;
  return token.error().kind;
}

void a_private_file_is_believed(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kLine);
  assert_true(read_oauth_env(dir / "f", ::geteuid())->view() == kToken);
}

void a_missing_file_is_no_token(void**) {
  const TemporaryDirectory dir;
  assert_true(read_oauth_env(dir / "f", ::geteuid())->empty());
}

void a_file_of_other_lines_is_no_token(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "PATH=/made-up\n");
  assert_true(read_oauth_env(dir / "f", ::geteuid())->empty());
}

void a_file_that_others_can_read_is_refused(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kLine, 0644);
  assert_true(refusal(dir / "f") == FileErrorKind::too_open);
}

void a_symlink_is_refused(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", kLine);
  assert_int_equal(::symlink("real", (dir / "f").c_str()), 0);
  assert_true(refusal(dir / "f") == FileErrorKind::symlink);
}

void a_fifo_is_refused(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "f").c_str(), 0600), 0);
  assert_true(refusal(dir / "f") == FileErrorKind::not_regular);
}

void a_file_of_somebody_else_is_refused(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kLine);
  assert_true(read_oauth_env(dir / "f", kNobody).error().kind == FileErrorKind::foreign_owner);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_text_has_its_shape),
      cmocka_unit_test(a_fingerprint_tells_tokens_apart_and_hides_them),
      cmocka_unit_test(the_line_is_exactly_the_assignment),
      cmocka_unit_test(every_env_file_has_its_token),
      cmocka_unit_test(a_private_file_is_believed),
      cmocka_unit_test(a_missing_file_is_no_token),
      cmocka_unit_test(a_file_of_other_lines_is_no_token),
      cmocka_unit_test(a_file_that_others_can_read_is_refused),
      cmocka_unit_test(a_symlink_is_refused),
      cmocka_unit_test(a_fifo_is_refused),
      cmocka_unit_test(a_file_of_somebody_else_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
