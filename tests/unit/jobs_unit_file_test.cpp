// jobs/unit_file: which values systemd takes from a unit file.
#include "jobs/unit_file.h"

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

std::vector<std::string> files_in(std::string_view text) {
  return values_in_unit(text, "Service", "EnvironmentFile");
}

void assert_files(std::string_view text, const std::vector<std::string>& expected) {
  const auto found = files_in(text);
  assert_int_equal(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    assert_string_equal(found[i].c_str(), expected[i].c_str());
}

void values_come_in_order_and_an_empty_one_is_kept(void**) {
  assert_files("[Service]\nEnvironmentFile=/a\nEnvironmentFile=\n EnvironmentFile = -/b \r\n",
               {"/a", "", "-/b"});
}

void other_sections_assign_nothing(void**) {
  assert_files(
      "EnvironmentFile=/a\n[Unit]\nEnvironmentFile=\n[Service]\n[Service\n"
      "EnvironmentFile=/b\n",
      {});
}

void other_keys_assign_nothing(void**) {
  assert_files("[Service]\nEnvironment=EnvironmentFile=/a\nEnvironmentFiles=/b\nEnvironmentFile\n",
               {});
}

void comments_assign_nothing(void**) {
  assert_files("[Service]\n# EnvironmentFile=/a\n;EnvironmentFile=\n#\\\nEnvironmentFile=/b\n",
               {"/b"});
}

void a_line_goes_on_behind_a_backslash(void**) {
  assert_files("[Service]\nEnvironmentFile=\\\n# why\n  /a\n", {"/a"});
}

void what_a_line_goes_on_with_is_no_assignment(void**) {
  assert_files("[Service]\nEnvironmentFile=/a\nEnvironment=A=b \\\nEnvironmentFile=\n", {"/a"});
}

void a_backslash_at_the_end_of_all_is_nothing(void**) {
  assert_files("[Service]\nEnvironmentFile=/a\\", {"/a"});
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(values_come_in_order_and_an_empty_one_is_kept),
      cmocka_unit_test(other_sections_assign_nothing),
      cmocka_unit_test(other_keys_assign_nothing),
      cmocka_unit_test(comments_assign_nothing),
      cmocka_unit_test(a_line_goes_on_behind_a_backslash),
      cmocka_unit_test(what_a_line_goes_on_with_is_no_assignment),
      cmocka_unit_test(a_backslash_at_the_end_of_all_is_nothing),
  };
  return cmocka_run_group_tests_name("jobs_unit_file", tests, nullptr, nullptr);
}
