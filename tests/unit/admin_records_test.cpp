// helper/admin/records: what was minted is known again, to nobody else, and garbled never believed.
#include "admin/records.h"

#include <sys/stat.h>

#include <string>

#include "cmocka_cpp.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

const TokenRecord kFull{
    .accessor = "accessor-1", .pending = "accessor-2", .replaced = {"accessor-3", "accessor-4"}};

/// The records below a directory of the test's own.
struct Fixture {
  TemporaryDirectory dir;
  std::string path = dir / "records";
  Records records = Records::open(path, Deadline::in(Millis(0))).value();
};

mode_t mode_of(const std::string& path) {
  struct stat found{};
  assert_int_equal(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

void what_is_saved_is_loaded(void**) {
  const Fixture here;
  assert_true(here.records.save("emo", kFull).has_value());
  assert_true(here.records.load("emo") == kFull);
}

void one_users_record_is_not_anothers(void**) {
  const Fixture here;
  assert_true(here.records.save("emo", kFull).has_value());
  assert_true(here.records.load("zoe") == TokenRecord{});
}

void an_absent_record_is_an_empty_one(void**) {
  const Fixture here;
  assert_true(here.records.load("emo") == TokenRecord{});
}

void an_empty_record_leaves_no_file(void**) {
  const Fixture here;
  assert_true(here.records.save("emo", kFull).has_value());
  assert_true(here.records.save("emo", {}).has_value());
  assert_false(exists(here.path + "/emo.json"));
}

void directory_and_files_are_ours_alone(void**) {
  const Fixture here;
  assert_true(here.records.save("emo", kFull).has_value());
  assert_int_equal(mode_of(here.path), 0700);
  assert_int_equal(mode_of(here.path + "/emo.json"), 0600);
}

void what_a_killed_save_left_is_swept(void**) {
  const Fixture here;
  put(here.path + "/.emo.json.claude-auth-0123456789abcdef", "{");
  assert_true(here.records.save("emo", kFull).has_value());
  assert_int_equal(entries_in(here.path), 2);  // the record and the lock
}

void a_name_that_is_a_path_is_refused(void**) {
  const Fixture here;
  for (const char* name : {"../emo", "a/b", ".", "..", "", "/etc/passwd", ".emo", "emo\n"}) {
    assert_false(here.records.load(name).has_value());
    assert_false(here.records.save(name, kFull).has_value());
  }
  assert_int_equal(entries_in(here.dir.path()), 1);
}

void a_garbled_record_is_an_error(void**) {
  const Fixture here;
  for (const char* text :
       {"", "{", "[]", "{\"accessor\": 1}", "{\"pending\": null}", "{\"replaced\": \"accessor-1\"}",
        "{\"replaced\": [1]}", "{\"accessor\": \"two words\"}", "{\"replaced\": [\"\"]}",
        "{\"accessor\": \"a\", \"accessor\": \"b\"}"}) {
    put(here.path + "/emo.json", text);
    if (here.records.load("emo")) fail_msg("taken: %s", text);
  }
}

void a_record_that_others_can_read_is_an_error(void**) {
  const Fixture here;
  put(here.path + "/emo.json", "{}", 0640);
  assert_false(here.records.load("emo").has_value());
}

void a_record_that_is_a_link_is_an_error(void**) {
  const Fixture here;
  put(here.dir / "elsewhere", "{}");
  assert_int_equal(::symlink((here.dir / "elsewhere").c_str(), (here.path + "/emo.json").c_str()),
                   0);
  assert_false(here.records.load("emo").has_value());
}

void an_accessor_that_is_none_is_not_saved(void**) {
  const Fixture here;
  assert_false(
      here.records.save("emo", {.accessor = "a\nb", .pending = {}, .replaced = {}}).has_value());
  assert_false(exists(here.path + "/emo.json"));
}

void a_directory_that_is_open_to_others_is_refused(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  const auto records = Records::open(dir.path(), Deadline::in(Millis(0)));
  assert_string_equal(records.error().c_str(),
                      (dir.path() + " is open to others: chmod 700 " + dir.path()).c_str());
}

void a_second_run_is_kept_out(void**) {
  const Fixture here;
  const auto second = Records::open(here.path, Deadline::in(Millis(0)));
  assert_string_equal(second.error().c_str(),
                      "another claude-auth-admin is at work here: try again when it is done");
}

void a_lock_ends_with_its_owner(void**) {
  const TemporaryDirectory dir;
  static_cast<void>(Records::open(dir / "records", Deadline::in(Millis(0))).value());
  assert_true(Records::open(dir / "records", Deadline::in(Millis(0))).has_value());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_saved_is_loaded),
      cmocka_unit_test(one_users_record_is_not_anothers),
      cmocka_unit_test(an_absent_record_is_an_empty_one),
      cmocka_unit_test(an_empty_record_leaves_no_file),
      cmocka_unit_test(directory_and_files_are_ours_alone),
      cmocka_unit_test(what_a_killed_save_left_is_swept),
      cmocka_unit_test(a_name_that_is_a_path_is_refused),
      cmocka_unit_test(a_garbled_record_is_an_error),
      cmocka_unit_test(a_record_that_others_can_read_is_an_error),
      cmocka_unit_test(a_record_that_is_a_link_is_an_error),
      cmocka_unit_test(an_accessor_that_is_none_is_not_saved),
      cmocka_unit_test(a_directory_that_is_open_to_others_is_refused),
      cmocka_unit_test(a_second_run_is_kept_out),
      cmocka_unit_test(a_lock_ends_with_its_owner),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
