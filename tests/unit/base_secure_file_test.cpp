// helper/base/secure_file: what is not believed, and what a replacement keeps.
#include "base/secure_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <optional>
#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

FileRules strict() {
  return {.owner = ::geteuid(), .forbidden_bits = 0077, .max_bytes = 64};
}

/// How reading `path` fails; nothing where it does not.
std::optional<FileErrorKind> refusal(const std::string& path) {
  const auto read = read_small_file(path, strict());
  if (read) return std::nullopt;
  return read.error().kind;
}

std::optional<FileErrorKind> target_refusal(const std::string& path) {
  const auto target = replacement_target(path, ::geteuid());
  if (target) return std::nullopt;
  return target.error().kind;
}

void a_private_file_is_read_whole(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", std::string("a\0b\n", 4));
  assert_true(read_small_file(dir / "f", strict()) == std::string("a\0b\n", 4));
}

void an_empty_file_is_read_as_nothing(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "");
  assert_true(read_small_file(dir / "f", strict()) == std::string());
}

void a_file_of_just_the_cap_is_read(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", std::string(64, 'x'));
  assert_true(read_small_file(dir / "f", strict()) == std::string(64, 'x'));
}

void a_file_over_the_cap_is_too_big(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", std::string(65, 'x'));
  assert_true(refusal(dir / "f") == FileErrorKind::too_big);
}

void a_file_that_tells_no_size_is_bounded(void**) {
  const auto read = read_small_file("/proc/self/maps",
                                    {.owner = ::geteuid(), .forbidden_bits = 0, .max_bytes = 64});
  assert_false(read.has_value());
  assert_true(read.error().kind == FileErrorKind::too_big);
}

void a_missing_file_is_absent(void**) {
  const TemporaryDirectory dir;
  assert_true(refusal(dir / "f") == FileErrorKind::absent);
}

void a_file_below_a_file_is_absent(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "");
  assert_true(refusal(dir / "f/g") == FileErrorKind::absent);
}

void a_symlink_is_not_followed(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", "x");
  assert_int_equal(::symlink("real", (dir / "f").c_str()), 0);
  assert_true(refusal(dir / "f") == FileErrorKind::symlink);
}

void a_symlinked_directory_is_followed(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "real").c_str(), 0700), 0);
  put(dir / "real/f", "x");
  assert_int_equal(::symlink("real", (dir / "link").c_str()), 0);
  assert_true(read_small_file(dir / "link/f", strict()) == std::string("x"));
}

void a_fifo_neither_hangs_nor_is_read(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "f").c_str(), 0600), 0);
  assert_true(refusal(dir / "f") == FileErrorKind::not_regular);
}

void a_socket_is_not_regular(void**) {
  const TemporaryDirectory dir;
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!listener) ::abort();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir / "f").copy(address.sun_path, sizeof address.sun_path - 1);
  assert_int_equal(
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  assert_true(refusal(dir / "f") == FileErrorKind::not_regular);
}

void a_directory_is_not_regular(void**) {
  const TemporaryDirectory dir;
  assert_true(refusal(dir.path()) == FileErrorKind::not_regular);
}

void a_device_is_not_regular(void**) {
  assert_true(refusal("/dev/null") == FileErrorKind::not_regular);
}

void a_file_that_others_may_read_is_too_open(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x", 0644);
  assert_true(refusal(dir / "f") == FileErrorKind::too_open);
}

void a_file_of_somebody_else_is_foreign(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x");
  const auto read = read_small_file(
      dir / "f", {.owner = ::geteuid() + 1, .forbidden_bits = 0077, .max_bytes = 64});
  assert_true(read.error().kind == FileErrorKind::foreign_owner);
}

void an_unreadable_file_is_a_failure_and_not_absent(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x", 0);
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  assert_true(holds_without_root([&] { return refusal(dir / "f") == FileErrorKind::failed; }));
}

void an_unsearchable_directory_is_a_failure_and_not_absent(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "d").c_str(), 0), 0);
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  assert_true(holds_without_root([&] { return refusal(dir / "d/f") == FileErrorKind::failed; }));
}

void each_error_names_the_path(void**) {
  for (const auto kind : {FileErrorKind::absent, FileErrorKind::symlink, FileErrorKind::not_regular,
                          FileErrorKind::foreign_owner, FileErrorKind::too_open,
                          FileErrorKind::too_big, FileErrorKind::failed}) {
    const std::string sentence = FileError{kind, EACCES, "/home/emo/\n"}.sentence();
    assert_true(sentence.starts_with("/home/emo/?"));
  }
}

void a_failed_call_is_named_by_its_reason(void**) {
  const std::string sentence = FileError{FileErrorKind::failed, EACCES, "/f"}.sentence();
  assert_string_equal(sentence.c_str(), "/f: Permission denied");
}

void a_missing_file_is_replaced_at_its_own_path(void**) {
  const TemporaryDirectory dir;
  assert_true(replacement_target(dir / "f", ::geteuid()) == dir / "f");
}

void a_regular_file_is_replaced_at_its_own_path(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x");
  assert_true(replacement_target(dir / "f", ::geteuid()) == dir / "f");
}

void a_symlink_is_replaced_at_its_target(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", "x");
  assert_int_equal(::symlink("real", (dir / "middle").c_str()), 0);
  assert_int_equal(::symlink("middle", (dir / "f").c_str()), 0);
  assert_true(replacement_target(dir / "f", ::geteuid()) == dir / "real");
}

void a_dangling_symlink_has_no_target(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink("nowhere", (dir / "f").c_str()), 0);
  assert_true(target_refusal(dir / "f") == FileErrorKind::symlink);
}

void a_symlink_to_a_directory_has_no_target(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink(".", (dir / "f").c_str()), 0);
  assert_true(target_refusal(dir / "f") == FileErrorKind::not_regular);
}

void a_fifo_is_no_target(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "f").c_str(), 0600), 0);
  assert_true(target_refusal(dir / "f") == FileErrorKind::not_regular);
}

void a_symlink_to_somebody_elses_file_is_no_target(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", "x");
  assert_int_equal(::symlink("real", (dir / "f").c_str()), 0);
  const auto target = replacement_target(dir / "f", ::geteuid() + 1);
  assert_true(target.error().kind == FileErrorKind::foreign_owner);
}

void a_replaced_file_has_the_new_bytes(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "old");
  assert_true(replace_file(dir / "f", "new", Durability::durable).has_value());
  assert_string_equal(contents(dir / "f").c_str(), "new");
}

void a_replacement_is_private_whatever_the_umask(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "old", 0644);
  const mode_t old_mask = ::umask(0777);
  const bool replaced = replace_file(dir / "f", "new", Durability::fleeting).has_value();
  ::umask(old_mask);
  struct stat found{};
  assert_int_equal(::stat((dir / "f").c_str(), &found), 0);
  assert_true(replaced);
  assert_int_equal(found.st_mode & 07777, 0600);
}

void a_replacement_leaves_no_temporary_file(void**) {
  const TemporaryDirectory dir;
  assert_true(replace_file(dir / "f", "new", Durability::durable).has_value());
  assert_int_equal(entries_in(dir.path()), 1);
}

void an_open_reader_keeps_the_old_bytes(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "old");
  std::ifstream reader(dir / "f");
  assert_true(replace_file(dir / "f", "new", Durability::fleeting).has_value());
  std::string read;
  reader >> read;
  assert_string_equal(read.c_str(), "old");
}

void a_replacement_has_the_mode_that_is_asked_for(void**) {
  const TemporaryDirectory dir;
  const mode_t old_mask = ::umask(077);
  assert_true(replace_file(dir / "f", "new", Durability::fleeting, 0644).has_value());
  ::umask(old_mask);
  struct stat found{};
  assert_int_equal(::stat((dir / "f").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0644);
}

void a_failed_replacement_leaves_everything_as_it_was(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "f").c_str(), 0700), 0);
  const auto replaced = replace_file(dir / "f", "new", Durability::durable);
  assert_false(replaced.has_value());
  assert_int_equal(replaced.error().error, EISDIR);
  assert_int_equal(entries_in(dir.path()), 1);
}

void a_disk_that_takes_half_the_bytes_leaves_the_old_file(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "old");
  assert_true(succeeded(start_forked([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit half{50, 50};
    return ::setrlimit(RLIMIT_FSIZE, &half) == 0 &&
           !replace_file(dir / "f", std::string(100, 'x'), Durability::durable);
  })));
  assert_string_equal(contents(dir / "f").c_str(), "old");
  assert_int_equal(entries_in(dir.path()), 1);
}

void a_replacement_without_its_directory_fails(void**) {
  const TemporaryDirectory dir;
  assert_false(replace_file(dir / "d/f", "new", Durability::durable).has_value());
}

void a_created_file_has_its_bytes(void**) {
  const TemporaryDirectory dir;
  assert_true(create_file(dir / "f", "new").has_value());
  assert_string_equal(contents(dir / "f").c_str(), "new");
  assert_int_equal(entries_in(dir.path()), 1);
}

void a_file_that_is_there_is_not_created(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "old");
  const auto created = create_file(dir / "f", "new");
  assert_int_equal(created.error().error, EEXIST);
  assert_string_equal(contents(dir / "f").c_str(), "old");
  assert_int_equal(entries_in(dir.path()), 1);
}

void a_dangling_symlink_is_not_created_through(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink("elsewhere", (dir / "f").c_str()), 0);
  assert_int_equal(create_file(dir / "f", "new").error().error, EEXIST);
  assert_false(exists(dir / "elsewhere"));
}

void a_removed_file_is_gone(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x");
  assert_true(remove_file(dir / "f").has_value());
  assert_false(exists(dir / "f"));
}

void removing_what_is_not_there_succeeds(void**) {
  const TemporaryDirectory dir;
  assert_true(remove_file(dir / "f").has_value());
  assert_true(remove_file(dir / "d/f").has_value());
}

void a_directory_is_not_removed_for_a_file(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "f").c_str(), 0700), 0);
  assert_false(remove_file(dir / "f").has_value());
  assert_true(exists(dir / "f"));
}

void leftovers_of_the_same_file_are_removed(void**) {
  const TemporaryDirectory dir;
  put(temporary_prefix(dir / "f") + "0123", "half");
  remove_leftovers(dir / "f");
  assert_int_equal(entries_in(dir.path()), 0);
}

void nothing_but_leftovers_is_removed(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x");
  put(dir / ".f.tmp.0123abcd", "Claude's own");
  put(temporary_prefix(dir / "g") + "0123", "of another file");
  assert_int_equal(::mkdir((temporary_prefix(dir / "f") + "dir").c_str(), 0700), 0);
  assert_int_equal(::symlink("f", (temporary_prefix(dir / "f") + "link").c_str()), 0);
  remove_leftovers(dir / "f");
  assert_int_equal(entries_in(dir.path()), 5);
}

void temporary_files_of_any_file_are_seen(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "x");
  put(dir / ".f.tmp.0123abcd", "Claude's own");
  assert_false(has_temporary_files(dir.path()));
  put(temporary_prefix(dir / "g") + "0123", "half");
  assert_true(has_temporary_files(dir.path()));
}

void a_replaced_file_is_another_one(void**) {
  const TemporaryDirectory dir;
  assert_string_equal(file_identity(dir / "f").c_str(), "");
  put(dir / "f", "x");
  const std::string before = file_identity(dir / "f");
  assert_string_equal(file_identity(dir / "f").c_str(), before.c_str());
  assert_true(replace_file(dir / "f", "x", Durability::durable).has_value());
  assert_string_not_equal(file_identity(dir / "f").c_str(), before.c_str());
}

void all_missing_directories_are_made(void**) {
  const TemporaryDirectory dir;
  assert_true(make_directories(dir / "a/b/c", 0700).has_value());
  struct stat found{};
  assert_int_equal(::stat((dir / "a/b").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0700);
}

void an_existing_directory_keeps_its_mode(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "a").c_str(), 0750), 0);
  assert_true(make_directories(dir / "a", 0700).has_value());
  struct stat found{};
  assert_int_equal(::stat((dir / "a").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0750);
}

void a_symlink_to_a_directory_counts_as_one(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink(".", (dir / "a").c_str()), 0);
  assert_true(make_directories(dir / "a/b", 0700).has_value());
}

void a_file_is_not_taken_for_a_directory(void**) {
  const TemporaryDirectory dir;
  put(dir / "a", "x");
  assert_int_equal(make_directories(dir / "a", 0700).error().error, ENOTDIR);
  assert_int_equal(make_directories(dir / "a/b", 0700).error().error, ENOTDIR);
}

void a_directory_of_somebody_else_is_foreign(void**) {
  needs_root();
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "a").c_str(), 0700), 0);
  assert_int_equal(::chown((dir / "a").c_str(), kNobody, kNobody), 0);
  assert_true(make_directories(dir / "a", 0700).error().kind == FileErrorKind::foreign_owner);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_private_file_is_read_whole),
      cmocka_unit_test(an_empty_file_is_read_as_nothing),
      cmocka_unit_test(a_file_of_just_the_cap_is_read),
      cmocka_unit_test(a_file_over_the_cap_is_too_big),
      cmocka_unit_test(a_file_that_tells_no_size_is_bounded),
      cmocka_unit_test(a_missing_file_is_absent),
      cmocka_unit_test(a_file_below_a_file_is_absent),
      cmocka_unit_test(a_symlink_is_not_followed),
      cmocka_unit_test(a_symlinked_directory_is_followed),
      cmocka_unit_test(a_fifo_neither_hangs_nor_is_read),
      cmocka_unit_test(a_socket_is_not_regular),
      cmocka_unit_test(a_directory_is_not_regular),
      cmocka_unit_test(a_device_is_not_regular),
      cmocka_unit_test(a_file_that_others_may_read_is_too_open),
      cmocka_unit_test(a_file_of_somebody_else_is_foreign),
      cmocka_unit_test(an_unreadable_file_is_a_failure_and_not_absent),
      cmocka_unit_test(an_unsearchable_directory_is_a_failure_and_not_absent),
      cmocka_unit_test(each_error_names_the_path),
      cmocka_unit_test(a_failed_call_is_named_by_its_reason),
      cmocka_unit_test(a_missing_file_is_replaced_at_its_own_path),
      cmocka_unit_test(a_regular_file_is_replaced_at_its_own_path),
      cmocka_unit_test(a_symlink_is_replaced_at_its_target),
      cmocka_unit_test(a_dangling_symlink_has_no_target),
      cmocka_unit_test(a_symlink_to_a_directory_has_no_target),
      cmocka_unit_test(a_fifo_is_no_target),
      cmocka_unit_test(a_symlink_to_somebody_elses_file_is_no_target),
      cmocka_unit_test(a_replaced_file_has_the_new_bytes),
      cmocka_unit_test(a_replacement_is_private_whatever_the_umask),
      cmocka_unit_test(a_replacement_has_the_mode_that_is_asked_for),
      cmocka_unit_test(a_replacement_leaves_no_temporary_file),
      cmocka_unit_test(an_open_reader_keeps_the_old_bytes),
      cmocka_unit_test(a_failed_replacement_leaves_everything_as_it_was),
      cmocka_unit_test(a_disk_that_takes_half_the_bytes_leaves_the_old_file),
      cmocka_unit_test(a_replacement_without_its_directory_fails),
      cmocka_unit_test(a_created_file_has_its_bytes),
      cmocka_unit_test(a_file_that_is_there_is_not_created),
      cmocka_unit_test(a_dangling_symlink_is_not_created_through),
      cmocka_unit_test(a_removed_file_is_gone),
      cmocka_unit_test(removing_what_is_not_there_succeeds),
      cmocka_unit_test(a_directory_is_not_removed_for_a_file),
      cmocka_unit_test(leftovers_of_the_same_file_are_removed),
      cmocka_unit_test(nothing_but_leftovers_is_removed),
      cmocka_unit_test(temporary_files_of_any_file_are_seen),
      cmocka_unit_test(a_replaced_file_is_another_one),
      cmocka_unit_test(all_missing_directories_are_made),
      cmocka_unit_test(an_existing_directory_keeps_its_mode),
      cmocka_unit_test(a_symlink_to_a_directory_counts_as_one),
      cmocka_unit_test(a_file_is_not_taken_for_a_directory),
      cmocka_unit_test(a_directory_of_somebody_else_is_foreign),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
