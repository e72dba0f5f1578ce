// helper/base/status_log: the line in each of its places, and what never stops a job.
#include "base/status_log.h"

#include <syslog.h>

#include <cstdarg>
#include <cstdio>
#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "needs_root.h"
#include "temporary_directory.h"

// Taken in place of libc's, so that no test talks to the machine's log.
namespace {
int last_priority = -1;
std::string last_message;
std::string last_identifier;
int last_facility = -1;

__attribute__((format(printf, 2, 0))) void remember(int priority, const char* format,
                                                    va_list arguments) {
  char text[4096];
  std::vsnprintf(text, sizeof text, format, arguments);
  last_priority = priority;
  last_message = text;
}
}  // namespace

extern "C" {
void openlog(const char* ident, int, int facility) {
  last_identifier = ident;
  last_facility = facility;
}

void closelog() {}

__attribute__((format(printf, 2, 3))) void syslog(int pri, const char* fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  remember(pri, fmt, arguments);
  va_end(arguments);
}

// What syslog becomes under _FORTIFY_SOURCE.
__attribute__((format(printf, 3, 4))) void fortified_syslog(int pri, int flag, const char* fmt,
                                                            ...) __asm__("__syslog_chk");
void fortified_syslog(int pri, int, const char* fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  remember(pri, fmt, arguments);
  va_end(arguments);
}
}

namespace claude_auth {
namespace {

using namespace test;

class FixedClock : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant{Millis(1'795'286'437'999)}; }
};

const FixedClock kClock;

StatusLog log_at(const std::string& path) {
  return StatusLog(path, "emo", kClock, Audience::log_only);
}

void a_line_is_appended_with_its_time(void**) {
  const TemporaryDirectory dir;
  put(dir / "sync.log", "before\n");
  log_at(dir / "sync.log").line(Status::ok, "backed up");
  assert_string_equal(contents(dir / "sync.log").c_str(),
                      "before\n2026-11-21T18:40:37Z OK backed up\n");
}

void the_words_are_the_contract(void**) {
  assert_true(word(Status::ok) == "OK");
  assert_true(word(Status::skip) == "SKIP");
  assert_true(word(Status::warn) == "WARN");
  assert_true(word(Status::recovered) == "RECOVERED");
  assert_true(word(Status::fail) == "FAIL");
}

void syslog_gets_the_user_in_front(void**) {
  const TemporaryDirectory dir;
  log_at(dir / "sync.log").line(Status::fail, "interactive SSO login required");
  assert_string_equal(last_message.c_str(), "user=emo FAIL interactive SSO login required");
  assert_string_equal(last_identifier.c_str(), "claude-auth-sync");
  assert_int_equal(last_facility, LOG_AUTHPRIV);
}

void syslog_priority_follows_the_status(void**) {
  const TemporaryDirectory dir;
  const auto priority = [&](Status status) {
    log_at(dir / "sync.log").line(status, "x");
    return last_priority;
  };
  assert_int_equal(priority(Status::ok), LOG_INFO);
  assert_int_equal(priority(Status::skip), LOG_INFO);
  assert_int_equal(priority(Status::recovered), LOG_NOTICE);
  assert_int_equal(priority(Status::warn), LOG_WARNING);
  assert_int_equal(priority(Status::fail), LOG_ERR);
}

void a_reason_cannot_break_out_of_its_line(void**) {
  const TemporaryDirectory dir;
  log_at(dir / "sync.log").line(Status::warn, "a\nuser=root FAIL %n\x1b[0m");
  assert_string_equal(contents(dir / "sync.log").c_str(),
                      "2026-11-21T18:40:37Z WARN a?user=root FAIL %n?[0m\n");
  assert_string_equal(last_message.c_str(), "user=emo WARN a?user=root FAIL %n?[0m");
}

void the_first_line_makes_directory_and_file_private(void**) {
  const TemporaryDirectory dir;
  log_at(dir / "a/b/sync.log").line(Status::ok, "x");
  struct stat found{};
  assert_int_equal(::stat((dir / "a/b").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0700);
  assert_int_equal(::stat((dir / "a/b/sync.log").c_str(), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
}

void no_line_makes_no_file(void**) {
  const TemporaryDirectory dir;
  static_cast<void>(log_at(dir / "a/sync.log"));
  assert_false(exists(dir / "a"));
}

void a_full_log_is_rotated(void**) {
  const TemporaryDirectory dir;
  put(dir / "sync.log", std::string(1 << 20, 'x'));
  put(dir / "sync.log.1", "the one before");
  log_at(dir / "sync.log").line(Status::ok, "x");
  assert_string_equal(contents(dir / "sync.log").c_str(), "2026-11-21T18:40:37Z OK x\n");
  assert_int_equal(contents(dir / "sync.log.1").size(), 1 << 20);
}

void a_log_just_below_the_limit_is_not_rotated(void**) {
  const TemporaryDirectory dir;
  put(dir / "sync.log", std::string((1 << 20) - 1, 'x'));
  log_at(dir / "sync.log").line(Status::ok, "x");
  assert_false(exists(dir / "sync.log.1"));
}

void many_writers_rotate_once_and_lose_no_line(void**) {
  constexpr int kWriters = 20;
  const TemporaryDirectory dir;
  put(dir / "sync.log", std::string(1 << 20, 'x'));
  pid_t writers[kWriters];
  for (pid_t& writer : writers) {
    writer = start_forked([&] {
      log_at(dir / "sync.log").line(Status::ok, "x");
      return true;
    });
  }
  for (const pid_t writer : writers) assert_true(succeeded(writer));
  const std::string line = "2026-11-21T18:40:37Z OK x\n";
  const std::size_t size = contents(dir / "sync.log").size() + contents(dir / "sync.log.1").size();
  assert_int_equal(size, (1 << 20) + kWriters * line.size());
}

void a_symlinked_log_is_passed_over(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", "");
  assert_int_equal(::symlink("real", (dir / "sync.log").c_str()), 0);
  log_at(dir / "sync.log").line(Status::ok, "x");
  assert_string_equal(contents(dir / "real").c_str(), "");
}

void a_fifo_for_a_log_does_not_hang(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "sync.log").c_str(), 0600), 0);
  last_message.clear();
  log_at(dir / "sync.log").line(Status::ok, "still told");
  assert_string_equal(last_message.c_str(), "user=emo OK still told");
}

void a_directory_for_a_log_is_passed_over(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "sync.log").c_str(), 0700), 0);
  last_message.clear();
  log_at(dir / "sync.log").line(Status::ok, "still told");
  assert_string_equal(last_message.c_str(), "user=emo OK still told");
}

void a_log_of_somebody_else_is_passed_over(void**) {
  needs_root();
  const TemporaryDirectory dir;
  put(dir / "sync.log", "", 0666);
  assert_int_equal(::chown((dir / "sync.log").c_str(), kNobody, kNobody), 0);
  log_at(dir / "sync.log").line(Status::ok, "x");
  assert_string_equal(contents(dir / "sync.log").c_str(), "");
}

/// What a line for `audience` leaves on standard error.
std::string heard_on_stderr(Audience audience) {
  const TemporaryDirectory dir;
  const pid_t speaker = start_forked([&] {
    const int file = ::open((dir / "stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    if (file < 0 || ::dup2(file, STDERR_FILENO) < 0) return false;
    StatusLog(dir / "sync.log", "emo", kClock, audience).line(Status::warn, "paused");
    return true;
  });
  assert_true(succeeded(speaker));
  return contents(dir / "stderr");
}

void a_person_hears_the_line(void**) {
  assert_string_equal(heard_on_stderr(Audience::person).c_str(), "WARN paused\n");
}

void nobody_hears_it_otherwise(void**) {
  assert_string_equal(heard_on_stderr(Audience::log_only).c_str(), "");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_line_is_appended_with_its_time),
      cmocka_unit_test(the_words_are_the_contract),
      cmocka_unit_test(syslog_gets_the_user_in_front),
      cmocka_unit_test(syslog_priority_follows_the_status),
      cmocka_unit_test(a_reason_cannot_break_out_of_its_line),
      cmocka_unit_test(the_first_line_makes_directory_and_file_private),
      cmocka_unit_test(no_line_makes_no_file),
      cmocka_unit_test(a_full_log_is_rotated),
      cmocka_unit_test(a_log_just_below_the_limit_is_not_rotated),
      cmocka_unit_test(many_writers_rotate_once_and_lose_no_line),
      cmocka_unit_test(a_symlinked_log_is_passed_over),
      cmocka_unit_test(a_fifo_for_a_log_does_not_hang),
      cmocka_unit_test(a_directory_for_a_log_is_passed_over),
      cmocka_unit_test(a_log_of_somebody_else_is_passed_over),
      cmocka_unit_test(a_person_hears_the_line),
      cmocka_unit_test(nobody_hears_it_otherwise),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
