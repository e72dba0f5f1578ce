#include "private_machine.h"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/errors.h"
#include "base/unique_fd.h"

namespace claude_auth::testing {
namespace {

std::string refused(const char* call) {
  return std::string("needs namespaces: ") + call + ": " + errno_text(errno);
}

bool write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

/// Whoever is not root becomes the only user of a namespace, under his own id.
bool keep_identity(uid_t uid, gid_t gid) {
  const auto map = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
  return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", map(uid)) &&
         write_text("/proc/self/gid_map", map(gid));
}

bool start_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string("lo").copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

/// Waits for `child`, reaping whoever else ends meanwhile, and ends as it did.
[[noreturn]] void end_like(pid_t child) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::wait(&status);
    if (ended == child) ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (ended < 0 && errno != EINTR) ::_exit(1);
  }
}

/// Goes on in the child alone, which does not outlive this process. False where there is none.
bool go_on_in_child() {
  const pid_t child = ::fork();
  if (child > 0) end_like(child);
  return child == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

bool put_over(const std::string& what, const std::string& path) {
  return ::mount(what.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool live_at(const std::string& home, const std::string& scratch) {
  const std::string passwd = scratch + "/passwd";
  const std::string ids = std::to_string(::getuid()) + ":" + std::to_string(::getgid());
  return write_text(passwd, "made-up-user:x:" + ids + "::" + home + ":/bin/sh\n") &&
         put_over(passwd, "/etc/passwd");
}

/// What jobs log here is nobody's alert.
bool cover_system_log() {
  return ::access("/dev/log", F_OK) != 0 || put_over("/dev/null", "/dev/log");
}

/// False where a configuration is installed here and cannot be covered.
bool cover_configuration(const std::string& scratch) {
  const std::string file = scratch + "/claude-auth-sync.conf";
  const std::string directory = scratch + "/claude-auth-sync.conf.d";
  if (!write_text(file, "store = local\n") || ::mkdir(directory.c_str(), 0755) != 0) return false;
  for (const std::string where : {"/etc", "/usr/lib"}) {
    const std::string path = where + "/claude-auth-sync.conf";
    if (::access(path.c_str(), F_OK) == 0 && !put_over(file, path)) return false;
    if (::access((path + ".d").c_str(), F_OK) == 0 && !put_over(directory, path + ".d"))
      return false;
  }
  return true;
}

}  // namespace

std::string enter_private_machine(const std::string& home, const std::string& scratch) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const int user_namespace = uid == 0 ? 0 : CLONE_NEWUSER;
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | user_namespace) != 0)
    return refused("unshare");
  if (uid != 0 && !keep_identity(uid, gid)) return refused("uid_map");
  // The first child is the namespace's init, whose end is everybody's; the second one is nobody
  // special, as a test should be.
  if (!go_on_in_child() || !go_on_in_child()) return refused("fork");
  if (!start_loopback()) return refused("loopback");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refused("mount");
  if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) return refused("mount /proc");
  if (!live_at(home, scratch) || !cover_configuration(scratch) || !cover_system_log())
    return refused("mount");
  return {};
}

}  // namespace claude_auth::testing
