#include "claude/client_lock.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <ranges>

#include "base/errors.h"
#include "base/json.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

// mkdir(2) by Claude gives 0777 without the umask's bits: never this. So one look at a lock tells
// ours from Claude's, atomically with its creation and on every file system.
constexpr mode_t kOurMark = 0500;

constexpr std::time_t kStaleSeconds = 60;
constexpr Millis kRetryEvery{10};

std::string one_line_of(const char* path) {
  auto text = read_small_file(path, {.owner = 0, .forbidden_bits = 0022, .max_bytes = 4096});
  if (!text) return {};
  return text->substr(0, text->find('\n'));
}

std::string boot_id() {
  return one_line_of("/proc/sys/kernel/random/boot_id");
}

std::string host() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "";
}

// Field 22 of /proc/PID/stat (proc(5)), which with the pid names a process for good; empty where
// there is no such process. World-readable whatever the process's dumpable flag.
std::string start_time(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const UniqueFd stat(fd);
  char text[1024];
  const ssize_t length = ::read(stat.get(), text, sizeof text);
  if (length <= 0) return {};
  std::string_view rest(text, static_cast<std::size_t>(length));
  // The command name may hold anything, so fields count from its closing parenthesis, the 2nd.
  rest.remove_prefix(rest.rfind(')') + 1);
  for (int field = 2; field < 22; ++field) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return {};
    rest.remove_prefix(blank + 1);
  }
  return std::string(rest.substr(0, rest.find(' ')));
}

bool is_alive(pid_t pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

bool write_record(const std::string& path, const std::vector<std::string>& directories) {
  Json record = new_object();
  set_integer(record.get(), "pid", ::getpid());
  set_string(record.get(), "start_time", start_time(::getpid()));
  set_string(record.get(), "boot_id", boot_id());
  set_string(record.get(), "host", host());
  json_t* locks = json_array();
  for (const std::string& directory : directories)
    json_array_append_new(locks, json_string(directory.c_str()));
  json_object_set_new(record.get(), "locks", locks);
  return replace_file(path, dump(record.get()), Durability::fleeting).has_value();
}

bool recorded_owner_is_dead(const json_t* record) {
  // Another host of a shared home: its processes cannot be seen from here.
  if (string_member(record, "host") != host()) return false;
  if (string_member(record, "boot_id") != boot_id()) return true;
  const auto pid = static_cast<pid_t>(integer_member(record, "pid").value_or(0));
  return pid == ::getpid() || start_time(pid).empty() ||
         start_time(pid) != string_member(record, "start_time");
}

bool carries_our_mark(const std::string& directory) {
  struct stat info{};
  return ::lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == ::geteuid() && (info.st_mode & 0777) == kOurMark;
}

// Version B writes its pid beside the refresh lock; the others have no owner file.
bool owner_file_names_living_process(const std::string& lock) {
  auto text = read_small_file(lock + ".owner",
                              {.owner = ::geteuid(), .forbidden_bits = 0, .max_bytes = 4096});
  if (!text) return false;
  const auto owner = parse_object(*text);
  if (!owner) return false;
  return is_alive(static_cast<pid_t>(integer_member(owner->get(), "pid").value_or(0)));
}

bool is_abandoned(const std::string& lock) {
  struct stat info{};
  if (::lstat(lock.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  return std::time(nullptr) - info.st_mtime > kStaleSeconds &&
         !owner_file_names_living_process(lock);
}

// 0, or the errno of mkdir(2): EEXIST while somebody holds it.
int try_lock(const std::string& lock) {
  if (::mkdir(lock.c_str(), kOurMark) == 0) return 0;
  // Taken down at once: to look at the lock's owner changes errno.
  if (const int error = errno; error != EEXIST || !is_abandoned(lock)) return error;
  ::rmdir(lock.c_str());
  return ::mkdir(lock.c_str(), kOurMark) == 0 ? 0 : errno;
}

/// Whether all of them are gone: what could not be removed needs its record.
bool release(const std::vector<std::string>& held) {
  bool gone = true;
  for (const std::string& lock : held | std::views::reverse)
    gone = (::rmdir(lock.c_str()) == 0 || errno == ENOENT) && gone;
  return gone;
}

struct Attempt {
  int error = 0;         // of the lock that could not be had
  std::string obstacle;  // its path
};

Attempt try_all(const std::vector<std::string>& locks) {
  std::vector<std::string> held;
  for (const std::string& lock : locks) {
    if (const int error = try_lock(lock); error != 0) {
      release(held);
      return {error, lock};
    }
    held.push_back(lock);
  }
  return {};
}

}  // namespace

SignalBlock::SignalBlock() {
  sigset_t polite;
  sigemptyset(&polite);
  sigaddset(&polite, SIGTERM);
  sigaddset(&polite, SIGINT);
  sigaddset(&polite, SIGQUIT);
  sigaddset(&polite, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &polite, &before_);
}

SignalBlock::~SignalBlock() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::expected<std::vector<std::string>, int> client_lock_directories(
    const std::string& claude_dir) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(
      ::realpath(claude_dir.c_str(), nullptr), &std::free);
  if (!resolved) return std::unexpected(errno);
  return std::vector<std::string>{claude_dir + "/.oauth_refresh.lock",
                                  std::string(resolved.get()) + ".lock",
                                  claude_dir + "/.storage-write.lock"};
}

std::expected<ClientLock, ClientLock::Error> ClientLock::acquire(const std::string& claude_dir,
                                                                 const std::string& record,
                                                                 Deadline deadline) {
  const auto locks = client_lock_directories(claude_dir);
  if (!locks)
    return std::unexpected(
        Error{.sentence = "cannot resolve " + claude_dir + ": " + errno_text(locks.error())});
  remove_dead_locks(record);
  if (!write_record(record, *locks))
    return std::unexpected(Error{.sentence = "cannot write " + record +
                                             ", without which Claude's locks are not taken"});
  for (;;) {
    const Attempt attempt = try_all(*locks);
    if (attempt.error == 0) return ClientLock(*locks, record);
    if (attempt.error != EEXIST) {
      remove_dead_locks(record);
      return std::unexpected(Error{.sentence = "cannot take Claude's lock " + attempt.obstacle +
                                               ": " + errno_text(attempt.error)});
    }
    if (deadline.passed()) {
      remove_dead_locks(record);
      return std::unexpected(
          Error{.busy = true, .sentence = "Claude's lock " + attempt.obstacle + " is busy"});
    }
    // Claude offers nothing to wait on: its lock is a directory that goes away.
    ::poll(nullptr, 0, static_cast<int>(std::min(kRetryEvery, deadline.remaining()).count()));
  }
}

ClientLock::ClientLock(ClientLock&& other) noexcept
    : held_(std::exchange(other.held_, {})), record_(std::exchange(other.record_, {})) {}

ClientLock::~ClientLock() {
  if (!held_.empty() && release(held_)) ::unlink(record_.c_str());
}

void remove_dead_locks(const std::string& record) {
  auto text = read_small_file(
      record, {.owner = ::geteuid(), .forbidden_bits = 0022, .max_bytes = 64 << 10});
  if (!text) return;
  const auto parsed = parse_object(*text);
  if (parsed && !recorded_owner_is_dead(parsed->get())) return;
  std::vector<std::string> ours;
  if (parsed)
    for (const std::string& lock :
         strings_member(parsed->get(), "locks").value_or(std::vector<std::string>()))
      if (carries_our_mark(lock)) ours.push_back(lock);
  if (release(ours)) ::unlink(record.c_str());
}

}  // namespace claude_auth
