// helper/claude/client_lock: Claude's three locks, taken and given back as Claude does.
#include "claude/client_lock.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/unique_fd.h"
#include "cmocka_cpp.h"
#include "forked.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// A home with a Claude directory in it, and where a record of ours would be.
struct Home {
  TemporaryDirectory dir;
  std::string claude = dir / ".claude";
  std::string record = dir / "client-locks.json";
  std::vector<std::string> locks = {claude + "/.oauth_refresh.lock", dir / ".claude.lock",
                                    claude + "/.storage-write.lock"};

  Home() { assert_int_equal(::mkdir(claude.c_str(), 0700), 0); }

  [[nodiscard]] auto acquire(Deadline deadline = Deadline::in(0ms)) const {
    return ClientLock::acquire(claude, record, deadline);
  }

  /// How many of the three are there.
  [[nodiscard]] int count() const {
    int found = 0;
    for (const std::string& lock : locks) found += exists(lock) ? 1 : 0;
    return found;
  }

  /// Claude, or a client that was killed, holds lock `index` for `age` so far.
  void hold(std::size_t index, std::chrono::seconds age = 0s) const {
    if (::mkdir(locks[index].c_str(), 0755) != 0) fail();
    set_age(locks[index], age);
  }

  static void set_age(const std::string& path, std::chrono::seconds age) {
    const timespec then{.tv_sec = std::time(nullptr) - age.count(), .tv_nsec = 0};
    const std::array times{then, then};
    if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0) fail();
  }
};

bool busy(const Home& home) {
  const auto lock = home.acquire();
  return !lock && lock.error().busy;
}

void all_three_are_directories_of_the_user_while_held(void**) {
  const Home home;
  const auto lock = home.acquire();
  assert_true(lock.has_value());
  for (const std::string& path : home.locks) {
    struct stat info{};
    assert_int_equal(::lstat(path.c_str(), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_uid, ::geteuid());
    assert_in_range(info.st_mtime, std::time(nullptr) - 5, std::time(nullptr));
  }
}

void nothing_is_left_after_release(void**) {
  const Home home;
  {
    const auto lock = home.acquire();
    assert_int_equal(home.count(), 3);
  }
  assert_int_equal(home.count(), 0);
  assert_false(exists(home.record));
}

/// What inotify tells about a home and its Claude directory, in order.
class Diary {
 public:
  explicit Diary(const Home& home) : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    for (const std::string& path : {home.dir.path(), home.claude})
      if (::inotify_add_watch(events_.get(), path.c_str(), IN_CREATE | IN_DELETE) < 0) fail();
  }

  /// "+name" for each lock that was made, "-name" for each that was removed.
  std::vector<std::string> locks() {
    std::vector<std::string> told;
    alignas(inotify_event) std::array<char, 16'384> buffer{};
    const ssize_t length = ::read(events_.get(), buffer.data(), buffer.size());
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      const std::string name = event->name;
      if (name.ends_with(".lock"))
        told.push_back(((event->mask & IN_CREATE) != 0 ? "+" : "-") + name);
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
    return told;
  }

 private:
  UniqueFd events_;
};

void locks_are_taken_in_claudes_order_and_given_back_in_reverse(void**) {
  const Home home;
  Diary diary(home);
  {
    const auto lock = home.acquire();
  }
  const std::vector<std::string> expected = {"+.oauth_refresh.lock", "+.claude.lock",
                                             "+.storage-write.lock", "-.storage-write.lock",
                                             "-.claude.lock",        "-.oauth_refresh.lock"};
  assert_true(diary.locks() == expected);
}

void a_symlinked_claude_directory_is_locked_by_its_targets_name(void**) {
  const Home home;
  std::filesystem::rename(home.claude, home.dir / "dotfiles");
  assert_int_equal(::symlink("dotfiles", home.claude.c_str()), 0);
  const auto locks = client_lock_directories(home.claude);
  assert_string_equal(locks->at(0).c_str(), (home.claude + "/.oauth_refresh.lock").c_str());
  assert_string_equal(locks->at(1).c_str(), (home.dir / "dotfiles.lock").c_str());
  assert_string_equal(locks->at(2).c_str(), (home.claude + "/.storage-write.lock").c_str());
}

void a_missing_claude_directory_cannot_be_locked(void**) {
  const Home home;
  assert_int_equal(::rmdir(home.claude.c_str()), 0);
  const auto lock = home.acquire();
  assert_false(lock.error().busy);
  assert_true(lock.error().sentence.contains(home.claude));
}

void one_busy_lock_leaves_none_held(void**) {
  for (std::size_t index = 0; index < 3; ++index) {
    const Home home;
    home.hold(index);
    assert_true(busy(home));
    assert_int_equal(home.count(), 1);
    assert_true(exists(home.locks[index]));
    assert_false(exists(home.record));
  }
}

void a_busy_lock_is_named(void**) {
  const Home home;
  home.hold(1);
  assert_true(home.acquire().error().sentence.contains(home.locks[1]));
}

void a_lock_that_is_given_back_in_time_is_waited_for(void**) {
  const Home home;
  home.hold(2);
  // The first try leaves the record behind: that is when the other one lets go.
  const UniqueFd events(::inotify_init1(IN_CLOEXEC));
  assert_true(::inotify_add_watch(events.get(), home.claude.c_str(), IN_DELETE) >= 0);
  const pid_t claude = start_forked([&] {
    std::array<char, 4096> event{};
    return ::read(events.get(), event.data(), event.size()) > 0 &&
           ::rmdir(home.locks[2].c_str()) == 0;
  });
  assert_true(home.acquire(Deadline::in(30s)).has_value());
  assert_true(succeeded(claude));
}

void a_lock_of_up_to_60_seconds_is_respected(void**) {
  const Home home;
  home.hold(0, 50s);
  assert_true(busy(home));
}

void a_lock_older_than_60_seconds_is_taken_over(void**) {
  for (std::size_t index = 0; index < 3; ++index) {
    const Home home;
    home.hold(index, 70s);
    assert_true(home.acquire().has_value());
    assert_int_equal(home.count(), 0);
  }
}

void an_old_lock_of_a_living_owner_is_respected(void**) {
  const Home home;
  home.hold(0, 1h);
  put(home.locks[0] + ".owner", R"({"pid":)" + std::to_string(::getpid()) + "}");
  assert_true(busy(home));
}

void an_old_lock_of_a_dead_owner_is_taken_over(void**) {
  const Home home;
  home.hold(0, 1h);
  const pid_t dead = start_forked([] { return true; });
  assert_true(succeeded(dead));
  put(home.locks[0] + ".owner", R"({"pid":)" + std::to_string(dead) + "}");
  assert_true(home.acquire().has_value());
}

void an_owner_file_that_says_nothing_keeps_no_lock(void**) {
  for (const char* text :
       {"", "garbled", "{}", R"({"pid":"1"})", R"({"pid":0})", R"({"pid":-1})"}) {
    const Home home;
    home.hold(0, 1h);
    put(home.locks[0] + ".owner", text);
    assert_true(home.acquire().has_value());
  }
}

void a_lock_from_the_future_is_respected(void**) {
  const Home home;
  home.hold(0, -1h);
  assert_true(busy(home));
}

void an_old_lock_that_is_not_empty_is_respected(void**) {
  const Home home;
  home.hold(0);
  put(home.locks[0] + "/content", "made up");
  Home::set_age(home.locks[0], 1h);
  assert_true(busy(home));
  assert_true(exists(home.locks[0] + "/content"));
}

void an_old_regular_file_is_respected(void**) {
  const Home home;
  put(home.locks[1], "made up");
  Home::set_age(home.locks[1], 1h);
  assert_true(busy(home));
  assert_true(exists(home.locks[1]));
}

void an_old_symlink_is_respected(void**) {
  const Home home;
  assert_int_equal(::mkdir((home.dir / "target").c_str(), 0700), 0);
  Home::set_age(home.dir / "target", 1h);
  assert_int_equal(::symlink("target", home.locks[1].c_str()), 0);
  assert_true(busy(home));
  assert_true(exists(home.dir / "target"));
}

void a_directory_that_cannot_be_written_is_an_error_not_a_wait(void**) {
  const Home home;
  assert_int_equal(::chmod(home.dir.path().c_str(), 0777), 0);
  assert_int_equal(::chmod(home.claude.c_str(), 0555), 0);
  assert_true(holds_without_root([&] {
    const auto lock = home.acquire(Deadline::in(30s));
    return !lock && !lock.error().busy && !exists(home.record);
  }));
}

void without_a_record_no_lock_is_taken(void**) {
  const Home home;
  const auto lock = ClientLock::acquire(home.claude, home.dir / "none/record", Deadline::in(30s));
  assert_false(lock.error().busy);
  assert_int_equal(home.count(), 0);
}

void the_record_names_the_owner_and_the_locks_while_they_are_held(void**) {
  const Home home;
  const auto lock = home.acquire();
  const auto record = parse_object(contents(home.record));
  assert_true(record.has_value());
  assert_true(integer_member(record->get(), "pid") == ::getpid());
  for (const char* key : {"start_time", "boot_id", "host"})
    assert_false(string_member(record->get(), key).value_or("").empty());
  const json_t* locks = json_object_get(record->get(), "locks");
  assert_int_equal(json_array_size(locks), 3);
  for (std::size_t i = 0; i < 3; ++i)
    assert_string_equal(json_string_value(json_array_get(locks, i)), home.locks[i].c_str());
}

/// A process of ours is killed while it holds all three.
void die_holding(const Home& home) {
  const pid_t killed = start_forked([&] {
    const auto lock = home.acquire();
    if (lock) ::raise(SIGKILL);
    return false;
  });
  int status = 0;
  assert_int_equal(::waitpid(killed, &status, 0), killed);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_int_equal(home.count(), 3);
}

void the_locks_of_a_killed_one_are_cleared_by_the_next(void**) {
  const Home home;
  die_holding(home);
  {
    const auto lock = home.acquire();
    assert_true(lock.has_value());
  }
  assert_int_equal(home.count(), 0);
}

void the_locks_of_a_killed_one_are_cleared_without_taking_any(void**) {
  const Home home;
  die_holding(home);
  remove_dead_locks(home.record);
  assert_int_equal(home.count(), 0);
  assert_false(exists(home.record));
}

void a_lock_that_cannot_be_given_back_keeps_its_record(void**) {
  const Home home;
  const std::string obstacle = home.locks[1] + "/obstacle";
  {
    const auto lock = home.acquire();
    assert_true(lock.has_value());
    assert_int_equal(::chmod(home.locks[1].c_str(), 0700), 0);
    put(obstacle, "");
    assert_int_equal(::chmod(home.locks[1].c_str(), 0500), 0);
  }
  assert_int_equal(home.count(), 1);
  assert_int_equal(::chmod(home.locks[1].c_str(), 0700), 0);
  std::filesystem::remove(obstacle);
  assert_int_equal(::chmod(home.locks[1].c_str(), 0500), 0);
  remove_dead_locks(home.record);
  assert_int_equal(home.count(), 0);
  assert_false(exists(home.record));
}

void a_lock_that_claude_took_since_is_not_cleared(void**) {
  const Home home;
  die_holding(home);
  assert_int_equal(::rmdir(home.locks[0].c_str()), 0);
  home.hold(0);
  remove_dead_locks(home.record);
  assert_true(exists(home.locks[0]));
  assert_int_equal(home.count(), 1);
}

void the_locks_of_a_living_one_are_not_cleared(void**) {
  const Home home;
  const auto lock = home.acquire();
  assert_true(succeeded(start_forked([&] {
    remove_dead_locks(home.record);
    return true;
  })));
  assert_int_equal(home.count(), 3);
  assert_true(exists(home.record));
}

/// Rewrites one member of the record that a killed one left.
void change_record(const Home& home, const char* key, const char* value) {
  const auto record = parse_object(contents(home.record));
  set_string(record->get(), key, value);
  put(home.record, dump(record->get()));
}

void another_hosts_locks_are_not_cleared(void**) {
  const Home home;
  die_holding(home);
  change_record(home, "host", "made-up-host");
  remove_dead_locks(home.record);
  assert_int_equal(home.count(), 3);
}

void the_locks_of_an_earlier_boot_are_cleared(void**) {
  const Home home;
  die_holding(home);
  change_record(home, "boot_id", "made-up-boot");
  remove_dead_locks(home.record);
  assert_int_equal(home.count(), 0);
}

void a_pid_that_was_given_out_again_is_no_living_owner(void**) {
  const Home home;
  {
    const auto lock = home.acquire();
    assert_true(lock.has_value());
    change_record(home, "start_time", "1");
    assert_true(succeeded(start_forked([&] {
      remove_dead_locks(home.record);
      return true;
    })));
    assert_int_equal(home.count(), 0);
  }
}

void a_garbled_record_is_removed_and_clears_nothing(void**) {
  const Home home;
  home.hold(0);
  put(home.record, "garbled");
  remove_dead_locks(home.record);
  assert_false(exists(home.record));
  assert_int_equal(home.count(), 1);
}

void a_record_cannot_name_directories_without_our_mark(void**) {
  const Home home;
  die_holding(home);
  assert_int_equal(::mkdir((home.dir / "precious").c_str(), 0700), 0);
  const auto record = parse_object(contents(home.record));
  json_array_append_new(json_object_get(record->get(), "locks"),
                        json_string((home.dir / "precious").c_str()));
  put(home.record, dump(record->get()));
  remove_dead_locks(home.record);
  assert_true(exists(home.dir / "precious"));
}

void polite_signals_wait_for_the_end_of_the_block(void**) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const TemporaryDirectory dir;
    const pid_t child = start_forked([&] {
      // A parent may have left them ignored.
      ::signal(signal, SIG_DFL);
      {
        const SignalBlock block;
        ::raise(signal);
        put(dir / "went-on", "");
      }
      return true;
    });
    int status = 0;
    assert_int_equal(::waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    assert_true(exists(dir / "went-on"));
  }
}

void a_moved_lock_is_given_back_once(void**) {
  const Home home;
  {
    auto lock = home.acquire();
    const ClientLock moved(std::move(*lock));
    lock = std::unexpected(ClientLock::Error{});
    assert_int_equal(home.count(), 3);
  }
  assert_int_equal(home.count(), 0);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(all_three_are_directories_of_the_user_while_held),
      cmocka_unit_test(nothing_is_left_after_release),
      cmocka_unit_test(locks_are_taken_in_claudes_order_and_given_back_in_reverse),
      cmocka_unit_test(a_symlinked_claude_directory_is_locked_by_its_targets_name),
      cmocka_unit_test(a_missing_claude_directory_cannot_be_locked),
      cmocka_unit_test(one_busy_lock_leaves_none_held),
      cmocka_unit_test(a_busy_lock_is_named),
      cmocka_unit_test(a_lock_that_is_given_back_in_time_is_waited_for),
      cmocka_unit_test(a_lock_of_up_to_60_seconds_is_respected),
      cmocka_unit_test(a_lock_older_than_60_seconds_is_taken_over),
      cmocka_unit_test(an_old_lock_of_a_living_owner_is_respected),
      cmocka_unit_test(an_old_lock_of_a_dead_owner_is_taken_over),
      cmocka_unit_test(an_owner_file_that_says_nothing_keeps_no_lock),
      cmocka_unit_test(a_lock_from_the_future_is_respected),
      cmocka_unit_test(an_old_lock_that_is_not_empty_is_respected),
      cmocka_unit_test(an_old_regular_file_is_respected),
      cmocka_unit_test(an_old_symlink_is_respected),
      cmocka_unit_test(a_directory_that_cannot_be_written_is_an_error_not_a_wait),
      cmocka_unit_test(without_a_record_no_lock_is_taken),
      cmocka_unit_test(the_record_names_the_owner_and_the_locks_while_they_are_held),
      cmocka_unit_test(the_locks_of_a_killed_one_are_cleared_by_the_next),
      cmocka_unit_test(the_locks_of_a_killed_one_are_cleared_without_taking_any),
      cmocka_unit_test(a_lock_that_cannot_be_given_back_keeps_its_record),
      cmocka_unit_test(a_lock_that_claude_took_since_is_not_cleared),
      cmocka_unit_test(the_locks_of_a_living_one_are_not_cleared),
      cmocka_unit_test(another_hosts_locks_are_not_cleared),
      cmocka_unit_test(the_locks_of_an_earlier_boot_are_cleared),
      cmocka_unit_test(a_pid_that_was_given_out_again_is_no_living_owner),
      cmocka_unit_test(a_garbled_record_is_removed_and_clears_nothing),
      cmocka_unit_test(a_record_cannot_name_directories_without_our_mark),
      cmocka_unit_test(polite_signals_wait_for_the_end_of_the_block),
      cmocka_unit_test(a_moved_lock_is_given_back_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
