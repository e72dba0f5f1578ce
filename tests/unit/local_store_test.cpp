// helper/store/local_store: check-and-set between processes, and what is never taken for absent.
#include "store/local_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/secure_file.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "temporary_directory.h"

// The linker gives us these calls of the store (--wrap), to let them fail.
extern "C" {
int real_fsync(int fd) __asm__("__real_fsync");
int wrapped_fsync(int fd) __asm__("__wrap_fsync");
int real_linkat(int from_dir, const char* from, int to_dir, const char* to,
                int flags) __asm__("__real_linkat");
int wrapped_linkat(int from_dir, const char* from, int to_dir, const char* to,
                   int flags) __asm__("__wrap_linkat");
}

namespace {

mode_t fsync_fails_for = 0;  // S_IFREG, S_IFDIR
bool link_reply_is_lost = false;

}  // namespace

int wrapped_fsync(int fd) {
  struct stat found{};
  if (::fstat(fd, &found) == 0 && (found.st_mode & S_IFMT) == fsync_fails_for) {
    errno = EIO;
    return -1;
  }
  return real_fsync(fd);
}

int wrapped_linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) {
  const int done = real_linkat(from_dir, from, to_dir, to, flags);
  if (done != 0 || !link_reply_is_lost) return done;
  errno = EEXIST;
  return -1;
}

namespace claude_auth {
namespace {

using namespace test;

Deadline ample() {
  return Deadline::in(Millis(30'000));
}

Json document(const std::string& text) {
  return parse_object(text).value();
}

std::string version_file(int version) {
  const std::string digits = std::to_string(version);
  return std::string(20 - digits.size(), '0') + digits + ".json";
}

/// A store in a directory of the test's own, not made yet.
class Fixture {
 public:
  [[nodiscard]] LocalStore store() const { return LocalStore(path()); }
  [[nodiscard]] std::string path() const { return top_ / "a/store"; }
  [[nodiscard]] std::string file(int version) const { return path() + "/" + version_file(version); }

  /// Writes versions up to `count`, each {"n":version}.
  void fill(int count) const {
    for (int n = 1; n <= count; ++n) {
      const Json fields = new_object();
      set_integer(fields.get(), "n", n);
      const auto written = store().write(*fields, static_cast<std::uint64_t>(n - 1), ample());
      assert_true(written == static_cast<std::uint64_t>(n));
    }
  }

  [[nodiscard]] std::optional<StoreErrorKind> read_error() const {
    const auto read = store().read(ample());
    if (read) return std::nullopt;
    return read.error().kind;
  }

 private:
  TemporaryDirectory top_;
};

std::optional<StoreErrorKind> write_error(LocalStore store, const std::string& text,
                                          std::uint64_t cas) {
  const auto written = store.write(*document(text), cas, ample());
  if (written) return std::nullopt;
  return written.error().kind;
}

void no_directory_is_proved_absent(void**) {
  const auto read = Fixture().store().read(ample());
  assert_true(read.has_value());
  assert_null(read->fields.get());
  assert_int_equal(read->version, 0);
}

void an_empty_directory_is_proved_absent(void**) {
  const Fixture fixture;
  assert_true(make_directories(fixture.path(), 0700).has_value());
  const auto read = fixture.store().read(ample());
  assert_true(read.has_value());
  assert_int_equal(read->version, 0);
}

void reading_makes_no_directory(void**) {
  const Fixture fixture;
  assert_true(fixture.store().read(ample()).has_value());
  assert_false(exists(fixture.path()));
}

void what_was_written_is_read_with_its_version(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_true(fixture.store().write(*document(R"({"k":[1.5,"x"]})"), 1, ample()) == 2U);
  const auto read = fixture.store().read(ample());
  assert_int_equal(read->version, 2);
  assert_string_equal(dump(read->fields.get()).c_str(), R"({"k":[1.5,"x"]})");
}

void directory_and_files_are_private(void**) {
  const Fixture fixture;
  fixture.fill(1);
  struct stat found{};
  assert_int_equal(::stat(fixture.path().c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0700);
  assert_int_equal(::stat(fixture.file(1).c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
}

void an_old_cas_is_a_conflict(void**) {
  const Fixture fixture;
  fixture.fill(3);
  assert_true(write_error(fixture.store(), "{}", 2) == StoreErrorKind::conflict);
  assert_true(write_error(fixture.store(), "{}", 0) == StoreErrorKind::conflict);
}

void a_cas_that_was_never_reached_is_a_conflict(void**) {
  const Fixture fixture;
  fixture.fill(3);
  assert_true(write_error(fixture.store(), "{}", 4) == StoreErrorKind::conflict);
}

void a_cas_of_a_pruned_version_is_a_conflict(void**) {
  const Fixture fixture;
  fixture.fill(15);
  assert_true(write_error(fixture.store(), "{}", 2) == StoreErrorKind::conflict);
  assert_false(exists(fixture.file(3)));
}

void a_conflict_changes_nothing(void**) {
  const Fixture fixture;
  fixture.fill(3);
  assert_true(write_error(fixture.store(), R"({"n":"mine"})", 2) == StoreErrorKind::conflict);
  assert_int_equal(entries_in(fixture.path()), 3);
  assert_string_equal(contents(fixture.file(3)).c_str(), R"({"n":3})");
}

void a_vanished_directory_is_a_conflict_for_an_old_reader(void**) {
  const Fixture fixture;
  assert_true(write_error(fixture.store(), "{}", 5) == StoreErrorKind::conflict);
  assert_false(exists(fixture.path()));
}

void the_last_ten_versions_are_kept(void**) {
  const Fixture fixture;
  fixture.fill(25);
  assert_int_equal(entries_in(fixture.path()), 10);
  assert_true(exists(fixture.file(16)));
  assert_true(exists(fixture.file(25)));
}

void exactly_one_of_many_writers_wins(void**) {
  constexpr int kWriters = 24;
  constexpr std::uint64_t kRounds = 5;
  const Fixture fixture;
  for (std::uint64_t cas = 0; cas < kRounds; ++cas) {
    int gate[2];
    assert_int_equal(::pipe(gate), 0);
    pid_t writers[kWriters];
    for (pid_t& writer : writers) {
      writer = start_forked([&] {
        char byte = 0;
        ::close(gate[1]);
        static_cast<void>(::read(gate[0], &byte, 1) == 0);
        const auto written = fixture.store().write(*document("{}"), cas, ample());
        // A failure other than a conflict dies of SIGABRT and counts for nothing.
        if (!written && written.error().kind != StoreErrorKind::conflict) ::abort();
        return written.has_value();
      });
    }
    ::close(gate[0]);
    ::close(gate[1]);
    int winners = 0;
    int losers = 0;
    for (const pid_t writer : writers) {
      int status = -1;
      assert_int_equal(::waitpid(writer, &status, 0), writer);
      winners += status == 0 ? 1 : 0;
      losers += WIFEXITED(status) && WEXITSTATUS(status) == 1 ? 1 : 0;
    }
    assert_int_equal(winners, 1);
    assert_int_equal(losers, kWriters - 1);
  }
  assert_int_equal(entries_in(fixture.path()), kRounds);
}

void no_update_of_many_writers_is_lost(void**) {
  constexpr int kWriters = 8;
  constexpr int kUpdates = 10;
  const Fixture fixture;
  const auto key_of = [](int writer) { return "writer" + std::to_string(writer); };
  pid_t writers[kWriters];
  for (int writer = 0; writer < kWriters; ++writer) {
    writers[writer] = start_forked([&] {
      const std::string key = key_of(writer);
      LocalStore store = fixture.store();
      for (int done = 0; done < kUpdates;) {
        auto read = store.read(ample());
        if (!read) return false;
        Json fields = read->fields ? std::move(read->fields) : new_object();
        // One more than done: a conflict with our own success.
        const auto found = integer_member(fields.get(), key.c_str()).value_or(0);
        if (found != done && found != done + 1) return false;
        set_integer(fields.get(), key.c_str(), done + 1);
        const auto written = store.write(*fields, read->version, ample());
        if (!written && written.error().kind != StoreErrorKind::conflict) return false;
        done += written ? 1 : 0;
      }
      return true;
    });
  }
  for (const pid_t writer : writers) assert_true(succeeded(writer));
  const auto read = fixture.store().read(ample());
  for (int writer = 0; writer < kWriters; ++writer) {
    assert_true(integer_member(read->fields.get(), key_of(writer).c_str()) == kUpdates);
  }
}

void a_killed_writers_temporary_file_goes_with_the_next_write(void**) {
  const Fixture fixture;
  fixture.fill(1);
  put(temporary_prefix(fixture.file(2)) + "0123456789abcdef", "half");
  fixture.fill(0);
  assert_true(fixture.store().write(*document("{}"), 1, ample()) == 2U);
  assert_int_equal(entries_in(fixture.path()), 2);
}

void the_second_name_that_a_killed_writer_left_goes_with_the_next_read(void**) {
  const Fixture fixture;
  fixture.fill(1);
  std::filesystem::create_hard_link(fixture.file(1), temporary_prefix(fixture.file(1)) + "0123");
  assert_int_equal(fixture.store().read(ample())->version, 1);
  assert_int_equal(entries_in(fixture.path()), 1);
}

void a_later_writers_temporary_file_is_left_alone(void**) {
  const Fixture fixture;
  fixture.fill(1);
  put(temporary_prefix(fixture.file(3)) + "0123456789abcdef", "in the making");
  assert_true(fixture.store().write(*document("{}"), 1, ample()) == 2U);
  assert_int_equal(entries_in(fixture.path()), 3);
}

void other_files_are_no_versions(void**) {
  const Fixture fixture;
  fixture.fill(1);
  for (const char* name :
       {"notes.txt", "9.json", "0000000000000000009x.json", "99999999999999999999.json",
        "00000000000000000000.json", "00000000000000000009.json~"}) {
    put(fixture.path() + "/" + name, "x");
  }
  assert_int_equal(fixture.store().read(ample())->version, 1);
}

void a_garbled_newest_version_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(2);
  put(fixture.file(3), "{\"n\":");
  assert_true(fixture.read_error() == StoreErrorKind::garbled);
}

void an_empty_newest_version_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(2);
  put(fixture.file(3), "");
  assert_true(fixture.read_error() == StoreErrorKind::garbled);
}

void a_number_that_cannot_be_kept_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(1);
  put(fixture.file(2), R"({"n":1.00000000000000000001})");
  assert_true(fixture.read_error() == StoreErrorKind::garbled);
}

void an_error_quotes_nothing_of_the_document(void**) {
  const Fixture fixture;
  fixture.fill(1);
  put(fixture.file(2), "sk-ant-oat01-TEST");
  assert_false(fixture.store().read(ample()).error().sentence.contains("TEST"));
}

void a_symlink_for_the_newest_version_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_int_equal(::symlink(fixture.file(1).c_str(), fixture.file(2).c_str()), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void a_fifo_for_the_newest_version_is_an_error_and_does_not_hang(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_int_equal(::mkfifo(fixture.file(2).c_str(), 0600), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void a_directory_for_the_newest_version_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_int_equal(::mkdir(fixture.file(2).c_str(), 0700), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void an_oversized_newest_version_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(1);
  put(fixture.file(2), "{\"k\":\"" + std::string(1 << 20, 'x') + "\"}");
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void a_newest_version_that_others_may_read_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(2);
  assert_int_equal(::chmod(fixture.file(2).c_str(), 0644), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void a_newest_version_of_somebody_else_is_an_error(void**) {
  needs_root();
  const Fixture fixture;
  fixture.fill(2);
  assert_int_equal(::chown(fixture.file(2).c_str(), kNobody, kNobody), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
}

void a_store_that_others_may_write_is_an_error(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_int_equal(::chmod(fixture.path().c_str(), 0777), 0);
  assert_true(fixture.read_error() == StoreErrorKind::local_io);
  assert_true(write_error(fixture.store(), "{}", 1) == StoreErrorKind::local_io);
}

void an_unreadable_store_is_an_error(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  assert_int_equal(::mkdir((dir / "store").c_str(), 0), 0);
  assert_true(holds_without_root([&] {
    const auto read = LocalStore(dir / "store").read(ample());
    return !read && read.error().kind == StoreErrorKind::local_io;
  }));
}

void a_file_for_a_store_is_an_error(void**) {
  const TemporaryDirectory dir;
  put(dir / "store", "");
  assert_true(LocalStore(dir / "store").read(ample()).error().kind == StoreErrorKind::local_io);
}

void a_store_that_cannot_be_written_is_an_error(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  assert_true(holds_without_root([&] {
    if (::geteuid() == 0) return false;
    return write_error(LocalStore("/proc/nowhere/store"), "{}", 0) == StoreErrorKind::local_io;
  }));
}

void an_oversized_document_is_not_written(void**) {
  const Fixture fixture;
  assert_true(write_error(fixture.store(), "{\"k\":\"" + std::string(1 << 20, 'x') + "\"}", 0) ==
              StoreErrorKind::local_io);
  assert_true(fixture.store().read(ample())->version == 0);
}

/// A write of version 2 while fsync(2) fails for files of this type.
std::expected<std::uint64_t, StoreError> write_without_fsync(const Fixture& fixture, mode_t type) {
  fsync_fails_for = type;
  auto written = fixture.store().write(*document("{}"), 1, ample());
  fsync_fails_for = 0;
  return written;
}

void a_file_that_cannot_be_flushed_is_no_version(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_true(write_without_fsync(fixture, S_IFREG).error().kind == StoreErrorKind::local_io);
  assert_int_equal(entries_in(fixture.path()), 1);
}

void a_directory_that_cannot_be_flushed_leaves_no_version(void**) {
  const Fixture fixture;
  fixture.fill(1);
  assert_true(write_without_fsync(fixture, S_IFDIR).error().kind == StoreErrorKind::local_io);
  assert_int_equal(entries_in(fixture.path()), 1);
}

void a_link_whose_reply_was_lost_counts(void**) {
  const Fixture fixture;
  fixture.fill(1);
  link_reply_is_lost = true;
  const auto written = fixture.store().write(*document("{}"), 1, ample());
  link_reply_is_lost = false;
  assert_true(written == 2U);
}

void nothing_is_done_without_time(void**) {
  const Fixture fixture;
  const Deadline passed = Deadline::in(Millis(0));
  assert_true(fixture.store().read(passed).error().kind == StoreErrorKind::local_io);
  assert_false(fixture.store().write(*document("{}"), 0, passed).has_value());
  assert_false(exists(fixture.path()));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_directory_is_proved_absent),
      cmocka_unit_test(an_empty_directory_is_proved_absent),
      cmocka_unit_test(reading_makes_no_directory),
      cmocka_unit_test(what_was_written_is_read_with_its_version),
      cmocka_unit_test(directory_and_files_are_private),
      cmocka_unit_test(an_old_cas_is_a_conflict),
      cmocka_unit_test(a_cas_that_was_never_reached_is_a_conflict),
      cmocka_unit_test(a_cas_of_a_pruned_version_is_a_conflict),
      cmocka_unit_test(a_conflict_changes_nothing),
      cmocka_unit_test(a_vanished_directory_is_a_conflict_for_an_old_reader),
      cmocka_unit_test(the_last_ten_versions_are_kept),
      cmocka_unit_test(exactly_one_of_many_writers_wins),
      cmocka_unit_test(no_update_of_many_writers_is_lost),
      cmocka_unit_test(a_killed_writers_temporary_file_goes_with_the_next_write),
      cmocka_unit_test(the_second_name_that_a_killed_writer_left_goes_with_the_next_read),
      cmocka_unit_test(a_later_writers_temporary_file_is_left_alone),
      cmocka_unit_test(other_files_are_no_versions),
      cmocka_unit_test(a_garbled_newest_version_is_an_error),
      cmocka_unit_test(an_empty_newest_version_is_an_error),
      cmocka_unit_test(a_number_that_cannot_be_kept_is_an_error),
      cmocka_unit_test(an_error_quotes_nothing_of_the_document),
      cmocka_unit_test(a_symlink_for_the_newest_version_is_an_error),
      cmocka_unit_test(a_fifo_for_the_newest_version_is_an_error_and_does_not_hang),
      cmocka_unit_test(a_directory_for_the_newest_version_is_an_error),
      cmocka_unit_test(an_oversized_newest_version_is_an_error),
      cmocka_unit_test(a_newest_version_that_others_may_read_is_an_error),
      cmocka_unit_test(a_newest_version_of_somebody_else_is_an_error),
      cmocka_unit_test(a_store_that_others_may_write_is_an_error),
      cmocka_unit_test(an_unreadable_store_is_an_error),
      cmocka_unit_test(a_file_for_a_store_is_an_error),
      cmocka_unit_test(a_store_that_cannot_be_written_is_an_error),
      cmocka_unit_test(an_oversized_document_is_not_written),
      cmocka_unit_test(a_file_that_cannot_be_flushed_is_no_version),
      cmocka_unit_test(a_directory_that_cannot_be_flushed_leaves_no_version),
      cmocka_unit_test(a_link_whose_reply_was_lost_counts),
      cmocka_unit_test(nothing_is_done_without_time),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
