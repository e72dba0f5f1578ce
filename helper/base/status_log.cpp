#include "base/status_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <utility>

#include "base/errors.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr off_t kRotateAt = 1 << 20;
constexpr std::size_t kMaxReason = 1'000;
constexpr char kIdentifier[] = "claude-auth-sync";

int priority_of(Status status) {
  switch (status) {
    case Status::ok:
    case Status::skip:
      return LOG_INFO;
    case Status::recovered:
      return LOG_NOTICE;
    case Status::warn:
      return LOG_WARNING;
    case Status::fail:
      break;
  }
  return LOG_ERR;
}

/// Opens the log for appending, with its directory where that is missing.
UniqueFd open_log(const std::string& path) {
  auto log = open_own_file(path, O_WRONLY | O_APPEND);
  if (!log && log.error().kind == FileErrorKind::absent &&
      make_directories(path.substr(0, path.rfind('/')), 0700)) {
    log = open_own_file(path, O_WRONLY | O_APPEND);
  }
  return log ? std::move(*log) : UniqueFd();
}

/// Whether `log` is full. Takes its lock for the rest of its life, so that of several writers one
/// rotates; the others go on in the old file.
bool has_to_rotate(int log, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(log, &held) == 0 && held.st_size >= kRotateAt &&
         ::flock(log, LOCK_EX | LOCK_NB) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/// One write, so that lines of several processes never mix. There is nobody to tell of a failure.
void write_once(int fd, const std::string& line) {
  [[maybe_unused]] const ssize_t ignored = ::write(fd, line.data(), line.size());
}

void write_to_file(const std::string& path, const std::string& line) {
  UniqueFd log = open_log(path);
  if (log && has_to_rotate(log.get(), path) && ::rename(path.c_str(), (path + ".1").c_str()) == 0) {
    log = open_log(path);
  }
  if (log) write_once(log.get(), line);
}

}  // namespace

std::string_view word(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::skip:
      return "SKIP";
    case Status::warn:
      return "WARN";
    case Status::recovered:
      return "RECOVERED";
    case Status::fail:
      break;
  }
  return "FAIL";
}

StatusLog::StatusLog(std::string path, const std::string& user, const Clock& clock,
                     Audience audience)
    : path_(std::move(path)), user_(printable(user)), clock_(clock), audience_(audience) {}

void StatusLog::line(Status status, std::string_view reason) {
  const std::string text = std::string(word(status)) + " " + printable(reason, kMaxReason);
  write_to_file(path_, iso8601(clock_.now()) + " " + text + "\n");
  // A login component's messages belong with those of sshd and PAM.
  ::openlog(kIdentifier, LOG_PID, LOG_AUTHPRIV);
  ::syslog(priority_of(status), "user=%s %s", user_.c_str(), text.c_str());
  ::closelog();
  if (audience_ == Audience::person) {
    write_once(STDERR_FILENO, text + "\n");
  }
}

}  // namespace claude_auth
