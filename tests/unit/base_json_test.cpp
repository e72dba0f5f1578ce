// helper/base/json: what is refused, and that what is taken comes back unchanged.
#include "base/json.h"

#include <limits>
#include <string>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

bool is(std::string_view text, JsonError error) {
  const auto parsed = parse_object(text);
  return !parsed && parsed.error() == error;
}

std::string rewritten(std::string_view text) {
  const auto parsed = parse_object(text);
  return parsed ? dump(parsed->get()) : "refused";
}

void assert_comes_back(const char* text) {
  assert_string_equal(rewritten(text).c_str(), text);
}

void an_object_comes_back_with_its_keys_in_order(void**) {
  assert_comes_back(R"({"z":1,"a":{"y":[true,null,"x"]},"m":"\u0001"})");
}

void truncated_text_is_no_object(void**) {
  assert_true(is(R"({"a":"b")", JsonError::not_an_object));
}

void empty_text_is_no_object(void**) {
  assert_true(is("", JsonError::not_an_object));
}

void an_array_is_no_object(void**) {
  assert_true(is("[1]", JsonError::not_an_object));
}

void a_bom_is_no_object(void**) {
  assert_true(is("\xEF\xBB\xBF{}", JsonError::not_an_object));
}

void trailing_bytes_are_no_object(void**) {
  assert_true(is("{} {}", JsonError::not_an_object));
}

void a_trailing_nul_is_no_object(void**) {
  assert_true(is(std::string_view("{}\0", 3), JsonError::not_an_object));
}

void a_duplicate_key_is_not_exact(void**) {
  assert_true(is(R"({"a":1,"a":2})", JsonError::not_exact));
}

void broken_utf8_is_no_object(void**) {
  assert_true(is("{\"a\":\"\xff\"}", JsonError::not_an_object));
}

void bottomless_nesting_is_no_object(void**) {
  assert_true(is("{\"a\":" + std::string(100'000, '['), JsonError::not_an_object));
}

void a_string_may_hold_a_nul(void**) {
  const auto parsed = parse_object(R"({"a":"x\u0000y"})");
  assert_true(parsed.has_value());
  assert_true(string_member(parsed->get(), "a") == std::string_view("x\0y", 3));
  assert_string_equal(dump(parsed->get()).c_str(), R"({"a":"x\u0000y"})");
}

void a_64_bit_integer_comes_back(void**) {
  assert_comes_back(R"({"a":9223372036854775807,"b":-9223372036854775808})");
}

void an_integer_beyond_64_bits_is_not_exact(void**) {
  assert_true(is(R"({"a":9223372036854775808})", JsonError::not_exact));
}

void a_short_real_keeps_its_value(void**) {
  assert_comes_back(R"({"a":1.1,"b":0.1,"c":-2.5e-7})");
}

void trailing_zeros_do_not_count_as_digits(void**) {
  assert_string_equal(rewritten(R"({"a":1.1000000000000000000})").c_str(), R"({"a":1.1})");
}

void fifteen_digits_are_exact(void**) {
  assert_comes_back(R"({"a":0.123456789012345})");
}

void sixteen_digits_are_not_exact(void**) {
  assert_true(is(R"({"a":0.1234567890123456})", JsonError::not_exact));
}

void a_real_too_large_for_a_double_is_not_exact(void**) {
  assert_true(is(R"({"a":1e400})", JsonError::not_exact));
}

void a_real_too_small_for_a_double_is_not_exact(void**) {
  assert_true(is(R"({"a":1e-400})", JsonError::not_exact));
}

void a_subnormal_is_not_exact(void**) {
  assert_true(is(R"({"a":5e-310})", JsonError::not_exact));
}

void zero_is_exact_whatever_its_exponent(void**) {
  assert_string_equal(rewritten(R"({"a":0.0e999})").c_str(), R"({"a":0.0})");
}

void digits_in_strings_are_no_numbers(void**) {
  assert_comes_back(R"({"1.2345678901234567890":"\"1.2345678901234567890\\"})");
}

void a_nested_number_is_looked_at(void**) {
  assert_true(is(R"({"a":[{"b":"\\"},1.2345678901234567]})", JsonError::not_exact));
}

void a_member_of_another_type_is_nothing(void**) {
  const auto parsed = parse_object(R"({"s":"1","n":1,"r":1.5})");
  assert_false(string_member(parsed->get(), "n").has_value());
  assert_false(integer_member(parsed->get(), "s").has_value());
  assert_false(integer_member(parsed->get(), "r").has_value());
}

void an_absent_member_is_nothing(void**) {
  const Json object = new_object();
  assert_false(string_member(object.get(), "a").has_value());
}

void a_set_member_is_read_back(void**) {
  const Json object = new_object();
  set_string(object.get(), "s", std::string_view("x\0y", 3));
  set_integer(object.get(), "n", -5);
  assert_true(string_member(object.get(), "s") == std::string_view("x\0y", 3));
  assert_true(integer_member(object.get(), "n") == -5);
}

void a_copy_shares_nothing(void**) {
  const auto original = parse_object(R"({"a":{"b":"old"}})");
  const Json copy = deep_copy(original->get());
  set_string(json_object_get(copy.get(), "a"), "b", "new");
  assert_string_equal(dump(original->get()).c_str(), R"({"a":{"b":"old"}})");
}

void indented_text_parses_back(void**) {
  const auto parsed = parse_object(R"({"a":{"b":1.25}})");
  const std::string text = dump_indented(parsed->get());
  assert_string_equal(text.c_str(), "{\n  \"a\": {\n    \"b\": 1.25\n  }\n}");
  assert_string_equal(rewritten(text).c_str(), R"({"a":{"b":1.25}})");
}

void what_others_wrote_is_kept_printable(void**) {
  const Json object = new_object();
  set_printable(object.get(), "text", "a\x1b[2Jb\xff\n");
  set_printable(object.get(), "none", "");
  assert_string_equal(dump(object.get()).c_str(), R"({"text":"a?[2Jb??"})");
}

void a_moment_that_no_sum_could_hold_is_none(void**) {
  const Json object = new_object();
  for (const std::int64_t millis : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::numeric_limits<std::int64_t>::max()}) {
    set_integer(object.get(), "at_ms", millis);
    assert_false(instant_member(object.get(), "at_ms").has_value());
  }
}

void a_moment_that_is_not_known_is_no_member(void**) {
  const Json object = new_object();
  set_instant(object.get(), "at_ms", std::nullopt);
  assert_false(instant_member(object.get(), "at_ms").has_value());
  set_instant(object.get(), "at_ms", Instant(Millis(1'795'286'437'999)));
  assert_true(instant_member(object.get(), "at_ms") == Instant(Millis(1'795'286'437'999)));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_object_comes_back_with_its_keys_in_order),
      cmocka_unit_test(truncated_text_is_no_object),
      cmocka_unit_test(empty_text_is_no_object),
      cmocka_unit_test(an_array_is_no_object),
      cmocka_unit_test(a_bom_is_no_object),
      cmocka_unit_test(trailing_bytes_are_no_object),
      cmocka_unit_test(a_trailing_nul_is_no_object),
      cmocka_unit_test(a_duplicate_key_is_not_exact),
      cmocka_unit_test(broken_utf8_is_no_object),
      cmocka_unit_test(bottomless_nesting_is_no_object),
      cmocka_unit_test(a_string_may_hold_a_nul),
      cmocka_unit_test(a_64_bit_integer_comes_back),
      cmocka_unit_test(an_integer_beyond_64_bits_is_not_exact),
      cmocka_unit_test(a_short_real_keeps_its_value),
      cmocka_unit_test(trailing_zeros_do_not_count_as_digits),
      cmocka_unit_test(fifteen_digits_are_exact),
      cmocka_unit_test(sixteen_digits_are_not_exact),
      cmocka_unit_test(a_real_too_large_for_a_double_is_not_exact),
      cmocka_unit_test(a_real_too_small_for_a_double_is_not_exact),
      cmocka_unit_test(a_subnormal_is_not_exact),
      cmocka_unit_test(zero_is_exact_whatever_its_exponent),
      cmocka_unit_test(digits_in_strings_are_no_numbers),
      cmocka_unit_test(a_nested_number_is_looked_at),
      cmocka_unit_test(a_member_of_another_type_is_nothing),
      cmocka_unit_test(an_absent_member_is_nothing),
      cmocka_unit_test(a_set_member_is_read_back),
      cmocka_unit_test(a_copy_shares_nothing),
      cmocka_unit_test(indented_text_parses_back),
      cmocka_unit_test(what_others_wrote_is_kept_printable),
      cmocka_unit_test(a_moment_that_no_sum_could_hold_is_none),
      cmocka_unit_test(a_moment_that_is_not_known_is_no_member),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
