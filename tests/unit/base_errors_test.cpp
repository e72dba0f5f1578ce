// helper/base/errors: texts that fit one log line.
#include "base/errors.h"

#include <cerrno>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

void a_known_errno_has_its_text(void**) {
  assert_string_equal(errno_text(ENOENT).c_str(), "No such file or directory");
}

void an_unknown_errno_shows_its_number(void**) {
  assert_string_equal(errno_text(99999).c_str(), "error 99999");
}

void printable_text_is_unchanged(void**) {
  assert_string_equal(printable("a ~%s").c_str(), "a ~%s");
}

void control_characters_and_foreign_bytes_become_question_marks(void**) {
  assert_string_equal(printable("a\nb\x1b[1m\x7f\xc3\xa4\t").c_str(), "a?b?[1m????");
}

void long_text_is_cut(void**) {
  assert_string_equal(printable("abcdef", 3).c_str(), "abc");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_known_errno_has_its_text),
      cmocka_unit_test(an_unknown_errno_shows_its_number),
      cmocka_unit_test(printable_text_is_unchanged),
      cmocka_unit_test(control_characters_and_foreign_bytes_become_question_marks),
      cmocka_unit_test(long_text_is_cut),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
