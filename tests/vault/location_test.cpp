// The Location of a reply, header by header.
#include "vault/location.h"

#include <initializer_list>

#include "cmocka_cpp.h"

namespace {

using namespace claude_auth;

std::string location_in(std::initializer_list<const char*> lines) {
  LocationReader reader;
  for (const char* line : lines) reader.take(line);
  return reader.only();
}

void the_name_is_taken_in_any_case(void**) {
  for (const char* line : {"Location: /v1/x\r\n", "location:/v1/x\r\n", "LOCATION: \t/v1/x \n"}) {
    assert_string_equal(location_in({"HTTP/1.1 307 Moved\r\n", line, "\r\n"}).c_str(), "/v1/x");
  }
}

void another_header_is_none(void**) {
  const std::string location =
      location_in({"HTTP/1.1 200 OK\r\n", "Content-Location: /a\r\n", "Loc\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "");
}

void two_are_none(void**) {
  const std::string location =
      location_in({"HTTP/1.1 307 Moved\r\n", "Location: /a\r\n", "Location: /b\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "");
}

void one_in_two_lines_is_none(void**) {
  const std::string location =
      location_in({"HTTP/1.1 307 Moved\r\n", "Location: https://a\r\n", " .example/\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "");
}

void another_header_may_have_two_lines(void**) {
  const std::string location = location_in(
      {"HTTP/1.1 307 Moved\r\n", "Location: /a\r\n", "Via: one\r\n", "\ttwo\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "/a");
}

void the_last_reply_counts(void**) {
  const std::string location =
      location_in({"HTTP/1.1 103 Early\r\n", "Location: /early\r\n", "\r\n",
                   "HTTP/1.1 307 Moved\r\n", "Location: /a\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "/a");
}

void a_trailer_is_none(void**) {
  const std::string location =
      location_in({"HTTP/1.1 307 Moved\r\n", "\r\n", "Location: /a\r\n", "\r\n"});
  assert_string_equal(location.c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_name_is_taken_in_any_case),
      cmocka_unit_test(another_header_is_none),
      cmocka_unit_test(two_are_none),
      cmocka_unit_test(one_in_two_lines_is_none),
      cmocka_unit_test(another_header_may_have_two_lines),
      cmocka_unit_test(the_last_reply_counts),
      cmocka_unit_test(a_trailer_is_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
