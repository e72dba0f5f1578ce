// helper/base/config_files: which file counts, and what is refused of it. A file that cannot be
// trusted is never a default.
#include "base/config_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "cmocka_cpp.h"
#include "config_place.h"
#include "forked.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

void no_file_at_all_is_the_local_store(void**) {
  const auto config = Place().load();
  assert_true(config.has_value());
  assert_true(config->store == StoreKind::local);
}

void missing_directories_are_no_file_at_all(void**) {
  assert_true(
      load_config({.vendor = "/nonexistent", .admin = "/nonexistent", .owner = 0}).has_value());
}

void comments_blank_lines_and_quotes_are_understood(void**) {
  const auto config = load("# one\n\n  store = local   # two\nhost_name = \"h1\"\n");
  assert_true(config.has_value());
  assert_string_equal(config->host_name.c_str(), "h1");
}

void the_administrators_file_stands_in_for_the_vendors(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\nretry_after = 1\n", 0644);
  put(place.file(), "store = local\nfresh_for = 2\n", 0644);
  const auto config = place.load();
  assert_int_equal(config->retry_after.count(), Config().retry_after.count());
  assert_int_equal(config->fresh_for.count(), 2);
}

void a_drop_in_changes_just_its_keys(void**) {
  const Place place;
  put(place.file(), "store = vault\nfresh_for = 2\n[vault]\naddress = https://a\nmount = m\n",
      0644);
  put(Place::drop_in(place.admin(), "10-a.conf"), "fresh_for = 3\n[vault]\naddress = https://b\n",
      0644);
  put(Place::drop_in(place.admin(), "20-b.conf"), "fresh_for = 4\n", 0644);
  const auto config = place.load();
  assert_true(config.has_value());
  assert_int_equal(config->fresh_for.count(), 4);
  assert_string_equal(config->vault.address.c_str(), "https://b");
  assert_string_equal(config->vault.mount.c_str(), "m");
}

void the_administrators_drop_ins_come_last(void**) {
  const Place place;
  put(place.file(), "store = local\nfresh_for = 1\n", 0644);
  put(Place::drop_in(place.vendor(), "20-b.conf"), "fresh_for = 2\nretry_after = 2\n", 0644);
  put(Place::drop_in(place.admin(), "10-a.conf"), "fresh_for = 3\n", 0644);
  const auto config = place.load();
  assert_int_equal(config->fresh_for.count(), 3);
  assert_int_equal(config->retry_after.count(), 2);
}

void a_drop_in_hides_the_vendors_of_the_same_name(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.vendor(), "a.conf"), "retry_after = 2\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 3\n", 0644);
  assert_int_equal(place.load()->retry_after.count(), Config().retry_after.count());
}

void a_drop_in_over_the_vendors_file_is_enough(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n[vault]\naddress = https://b\n",
      0644);
  assert_true(place.load()->store == StoreKind::vault);
}

// libeconf 0.5.1 crashes where it merges these two itself.
void a_drop_in_over_a_file_of_comments_is_enough(void**) {
  const Place place;
  put(place.file(), "# nothing here yet\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"),
      "store = vault\n[vault]\naddress = https://b\nmount = m\n", 0644);
  const auto config = place.load();
  assert_true(config.has_value());
  assert_string_equal(config->vault.mount.c_str(), "m");
}

void an_administrators_file_of_comments_hides_the_vendors(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(place.file(), "# nothing here yet\n", 0644);
  assert_true(refused(place.load(), "store"));
}

void a_file_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0664);
  assert_true(refused(place.load(), place.file()));
}

void a_file_of_somebody_else_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  const auto config =
      load_config({.vendor = place.vendor(), .admin = place.admin(), .owner = ::geteuid() + 1});
  assert_true(refused(config, place.file()));
}

void a_drop_in_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 1\n", 0666);
  assert_true(refused(place.load(), "a.conf"));
}

void a_vendors_file_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0666);
  assert_true(refused(place.load(), place.vendor_file()));
}

void a_directory_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  assert_int_equal(::chmod(place.admin().c_str(), 0775), 0);
  assert_true(refused(place.load(), place.admin()));
}

void a_drop_in_directory_that_others_may_write_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "fresh_for = 1\n", 0644);
  assert_int_equal(::chmod((place.file() + ".d").c_str(), 0777), 0);
  assert_true(refused(place.load(), place.file() + ".d"));
}

void an_unreadable_file_is_refused_even_where_the_vendor_has_one(void**) {
  const Place place;
  put(place.vendor_file(), "store = local\n", 0644);
  put(place.file(), "store = vault\n", 0);
  // The files stay the administrator's; it is the reader that changes.
  const uid_t administrator = ::geteuid();
  assert_true(holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}), place.file());
  }));
}

void an_unreadable_drop_in_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n", 0);
  const uid_t administrator = ::geteuid();
  assert_true(holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}), "a.conf");
  }));
}

void an_unreadable_drop_in_directory_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(Place::drop_in(place.admin(), "a.conf"), "store = vault\n", 0644);
  assert_int_equal(::chmod((place.file() + ".d").c_str(), 0), 0);
  const uid_t administrator = ::geteuid();
  const bool held = holds_without_root([&] {
    return refused(load_config({place.vendor(), place.admin(), administrator}),
                   place.file() + ".d");
  });
  ::chmod((place.file() + ".d").c_str(), 0755);
  assert_true(held);
}

void a_fifo_is_refused_and_does_not_hang(void**) {
  const Place place;
  assert_int_equal(::mkfifo(place.file().c_str(), 0644), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_symlink_is_refused(void**) {
  const Place place;
  put(place.admin() + "/real", "store = local\n", 0644);
  assert_int_equal(::symlink("real", place.file().c_str()), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_dangling_symlink_is_refused(void**) {
  const Place place;
  assert_int_equal(::symlink("nowhere", place.file().c_str()), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_directory_in_place_of_the_file_is_refused(void**) {
  const Place place;
  assert_int_equal(::mkdir(place.file().c_str(), 0755), 0);
  assert_true(refused(place.load(), place.file()));
}

void a_file_in_place_of_the_drop_in_directory_is_refused(void**) {
  const Place place;
  put(place.file(), "store = local\n", 0644);
  put(place.file() + ".d", "store = vault\n", 0644);
  assert_true(refused(place.load(), place.file() + ".d"));
}

void an_oversized_file_is_refused(void**) {
  assert_true(
      refused(load("store = local\n" + std::string(100'000, '#')), "claude-auth-sync.conf"));
}

void a_line_without_a_delimiter_is_refused_with_its_number(void**) {
  assert_true(refused(load("store = local\nvault\n"), "claude-auth-sync.conf:2:"));
}

void an_indented_line_does_not_continue_a_value(void**) {
  assert_true(refused(load("store = local\nhost_name = a\n  b\n"), "claude-auth-sync.conf:3:"));
}

// To libeconf such a line is no blank one, and goes on with the value before it.
void carriage_returns_in_a_line_are_refused(void**) {
  assert_true(refused(load("store = local\nhost_name = h\n\r\r\n"), ":3"));
}

void a_line_without_a_key_is_refused(void**) {
  assert_true(refused(load("store = local\n = x\n"), "claude-auth-sync.conf:2:"));
}

void a_key_set_twice_is_refused(void**) {
  assert_true(refused(load("store = local\nstore = vault\n"), "claude-auth-sync.conf:2:"));
}

void a_section_that_is_not_closed_is_refused(void**) {
  assert_true(
      refused(load("store = local\n[vault\naddress = https://v\n"), "claude-auth-sync.conf:2:"));
}

void a_quote_that_is_not_closed_is_refused(void**) {
  for (const char* value : {"\"a # b\"", "\"", "\"a\" b"}) {
    const std::string text = std::string("store = local\nlogin_command = ") + value + "\n";
    assert_true(refused(load(text), "claude-auth-sync.conf:2: the quote is not closed"));
  }
}

void a_byte_order_mark_is_refused(void**) {
  assert_true(refused(load("\xEF\xBB\xBFstore = local\n"), "claude-auth-sync.conf:1:"));
}

void a_nul_is_refused(void**) {
  assert_true(refused(load(std::string("store = local\0\n", 15)), "claude-auth-sync.conf:1:"));
}

void other_letters_are_allowed_in_comments_only(void**) {
  assert_true(load("# \xC3\xBC\nstore = local\n").has_value());
  assert_true(refused(load("store = local\nhost_name = \xC3\xBC\n"), "claude-auth-sync.conf:2:"));
}

void blank_lines_of_other_systems_are_no_part_of_a_value(void**) {
  const auto config = load("store = local\r\nhost_name = h\r\n\r\nfresh_for = 2\r\n\r\n");
  assert_true(config.has_value());
  assert_string_equal(config->host_name.c_str(), "h");
  assert_int_equal(config->fresh_for.count(), 2);
}

void the_line_ends_of_other_systems_are_taken(void**) {
  assert_true(load("store = local\r\nhost_name = h\r\n")->host_name == "h");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_file_at_all_is_the_local_store),
      cmocka_unit_test(missing_directories_are_no_file_at_all),
      cmocka_unit_test(comments_blank_lines_and_quotes_are_understood),
      cmocka_unit_test(the_administrators_file_stands_in_for_the_vendors),
      cmocka_unit_test(a_drop_in_changes_just_its_keys),
      cmocka_unit_test(the_administrators_drop_ins_come_last),
      cmocka_unit_test(a_drop_in_hides_the_vendors_of_the_same_name),
      cmocka_unit_test(a_drop_in_over_the_vendors_file_is_enough),
      cmocka_unit_test(a_drop_in_over_a_file_of_comments_is_enough),
      cmocka_unit_test(an_administrators_file_of_comments_hides_the_vendors),
      cmocka_unit_test(a_file_that_others_may_write_is_refused),
      cmocka_unit_test(a_file_of_somebody_else_is_refused),
      cmocka_unit_test(a_drop_in_that_others_may_write_is_refused),
      cmocka_unit_test(a_vendors_file_that_others_may_write_is_refused),
      cmocka_unit_test(a_directory_that_others_may_write_is_refused),
      cmocka_unit_test(a_drop_in_directory_that_others_may_write_is_refused),
      cmocka_unit_test(an_unreadable_file_is_refused_even_where_the_vendor_has_one),
      cmocka_unit_test(an_unreadable_drop_in_is_refused),
      cmocka_unit_test(an_unreadable_drop_in_directory_is_refused),
      cmocka_unit_test(a_fifo_is_refused_and_does_not_hang),
      cmocka_unit_test(a_symlink_is_refused),
      cmocka_unit_test(a_dangling_symlink_is_refused),
      cmocka_unit_test(a_directory_in_place_of_the_file_is_refused),
      cmocka_unit_test(a_file_in_place_of_the_drop_in_directory_is_refused),
      cmocka_unit_test(an_oversized_file_is_refused),
      cmocka_unit_test(a_line_without_a_delimiter_is_refused_with_its_number),
      cmocka_unit_test(an_indented_line_does_not_continue_a_value),
      cmocka_unit_test(carriage_returns_in_a_line_are_refused),
      cmocka_unit_test(a_line_without_a_key_is_refused),
      cmocka_unit_test(a_key_set_twice_is_refused),
      cmocka_unit_test(a_section_that_is_not_closed_is_refused),
      cmocka_unit_test(a_quote_that_is_not_closed_is_refused),
      cmocka_unit_test(a_byte_order_mark_is_refused),
      cmocka_unit_test(a_nul_is_refused),
      cmocka_unit_test(other_letters_are_allowed_in_comments_only),
      cmocka_unit_test(blank_lines_of_other_systems_are_no_part_of_a_value),
      cmocka_unit_test(the_line_ends_of_other_systems_are_taken),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
