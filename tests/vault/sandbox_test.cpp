// The sandbox of claude-auth-store, tried from inside: each case runs in a process of its own.
#include "vault/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "scratch_directory.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

constexpr int kNoSandbox = 250;

/// A directory that the sandbox does not name, as a user's home is.
const ScratchDirectory& home() {
  static const ScratchDirectory directory;
  return directory;
}

std::string credentials() {
  static const std::string path = home().file("credentials", "TEST");
  return path;
}

/// The exit status of a process that enters the sandbox and then does `attempt`.
int inside(int (*attempt)(), const VaultSettings& settings = {}) {
  static_cast<void>(credentials());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(enter_sandbox(settings).empty() ? attempt() : kNoSandbox);
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/// errno of a call that returns -1, 0 of one that does not.
int error_of(long result) {
  return result == -1 ? errno : 0;
}

void skip_without_landlock() {
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0) {
    return;
  }
  print_message("SKIP: this kernel has no Landlock\n");
  skip();
}

int open_credentials() {
  return error_of(::open(credentials().c_str(), O_RDONLY));
}
int open_passwd() {
  return error_of(::open("/etc/passwd", O_RDONLY));
}
int list_home() {
  return error_of(::open(home().path().c_str(), O_RDONLY | O_DIRECTORY));
}
int read_own_memory() {
  return error_of(::open("/proc/self/mem", O_RDONLY));
}

void files_of_the_user_are_out_of_reach(void**) {
  skip_without_landlock();
  assert_int_equal(inside(&open_credentials), EACCES);
}

void directories_of_the_user_are_out_of_reach(void**) {
  skip_without_landlock();
  assert_int_equal(inside(&list_home), EACCES);
}

void proc_is_out_of_reach(void**) {
  skip_without_landlock();
  assert_int_equal(inside(&read_own_memory), EACCES);
}

void name_service_files_are_readable(void**) {
  assert_int_equal(inside(&open_passwd), 0);
}

void a_configured_authority_is_readable(void**) {
  VaultSettings settings;
  settings.ca_cert = credentials();
  assert_int_equal(inside(&open_credentials, settings), 0);
}

void a_configured_directory_is_readable(void**) {
  VaultSettings settings;
  settings.ca_path = home().path();
  assert_int_equal(inside(&open_credentials, settings), 0);
}

void no_program_is_executed(void**) {
  assert_int_equal(inside([] {
                     char* const arguments[] = {nullptr};
                     return error_of(::execve("/bin/true", arguments, arguments));
                   }),
                   EPERM);
}

void no_process_is_made(void**) {
  assert_int_equal(inside([] {
                     const pid_t child = ::fork();
                     if (child == 0) ::_exit(0);
                     return error_of(child);
                   }),
                   EPERM);
}

void threads_are_made(void**) {
  assert_int_equal(inside([] {
                     int done = 1;
                     std::thread([&done] { done = 0; }).join();
                     return done;
                   }),
                   0);
}

void no_file_is_opened_for_writing(void**) {
  assert_int_equal(inside([] { return error_of(::open("/etc/passwd", O_RDWR)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::open("/dev/null", O_WRONLY)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::open("/tmp/x", O_RDONLY | O_CREAT, 0600)); }),
                   EPERM);
  assert_int_equal(inside([] { return error_of(::open("/etc/passwd", O_RDONLY | O_TRUNC)); }),
                   EPERM);
}

void no_file_is_removed_renamed_or_changed(void**) {
  assert_int_equal(inside([] { return error_of(::unlink(credentials().c_str())); }), EPERM);
  assert_int_equal(inside([] { return error_of(::rename(credentials().c_str(), "/tmp/x")); }),
                   EPERM);
  assert_int_equal(inside([] { return error_of(::chmod(credentials().c_str(), 0644)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::truncate(credentials().c_str(), 0)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::symlink("/etc", "/tmp/x")); }), EPERM);
  assert_int_equal(inside([] { return error_of(::mkdir("/tmp/claude-auth-test", 0700)); }), EPERM);
}

void no_other_process_is_touched(void**) {
  assert_int_equal(inside([] { return error_of(::kill(::getppid(), 0)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::ptrace(PTRACE_ATTACH, ::getppid(), 0, 0)); }),
                   EPERM);
  assert_int_equal(
      inside([] {
        return error_of(::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0));
      }),
      EPERM);
  assert_int_equal(
      inside([] { return error_of(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)); }), EPERM);
}

void no_code_is_made_at_run_time(void**) {
  assert_int_equal(inside([] {
                     void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                     return page == MAP_FAILED ? errno : 0;
                   }),
                   EPERM);
}

void nothing_is_listened_on(void**) {
  assert_int_equal(inside([] {
                     const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
                     return error_of(::listen(socket, 1));
                   }),
                   EPERM);
}

void only_known_networks_are_spoken_to(void**) {
  assert_int_equal(inside([] { return error_of(::socket(AF_PACKET, SOCK_RAW, 0)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::socket(AF_VSOCK, SOCK_STREAM, 0)); }), EPERM);
  assert_int_equal(inside([] { return error_of(::socket(AF_INET6, SOCK_STREAM, 0)); }), 0);
}

void a_family_is_refused_whatever_stands_above_its_bits(void**) {
  assert_int_equal(inside([] {
                     constexpr unsigned long kFamily = AF_VSOCK | (1UL << 32U);
                     return error_of(::syscall(SYS_socket, kFamily, SOCK_STREAM, 0));
                   }),
                   EPERM);
}

int local_socket() {
  return error_of(::socket(AF_UNIX, SOCK_STREAM, 0));
}

void no_local_socket_is_made(void**) {
  assert_int_equal(inside(&local_socket), EPERM);
}

void a_server_behind_a_local_socket_is_reached(void**) {
  VaultSettings settings;
  settings.address = "unix:///run/vault-agent.sock";
  assert_int_equal(inside(&local_socket, settings), 0);
}

void no_end_of_a_pair_can_be_connected_anew(void**) {
  assert_int_equal(inside([] {
                     int ends[2];
                     return error_of(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
                   }),
                   EPERM);
}

void names_are_resolved(void**) {
  assert_int_equal(inside([] {
                     addrinfo* found = nullptr;
                     return ::getaddrinfo("localhost", "443", nullptr, &found);
                   }),
                   0);
}

void nothing_is_typed_into_a_terminal(void**) {
  assert_int_equal(inside([] {
                     char key = 'x';
                     return error_of(::ioctl(0, TIOCSTI, &key));
                   }),
                   EPERM);
}

void limits_are_not_raised(void**) {
  assert_int_equal(inside([] {
                     const rlimit limit{1, 1};
                     return error_of(::setrlimit(RLIMIT_CORE, &limit));
                   }),
                   EPERM);
}

void the_calls_that_hide_their_arguments_are_unknown(void**) {
  assert_int_equal(inside([] { return error_of(::syscall(SYS_clone3, nullptr, 0)); }), ENOSYS);
  assert_int_equal(inside([] { return error_of(::syscall(SYS_openat2, 0, nullptr, nullptr, 0)); }),
                   ENOSYS);
  assert_int_equal(inside([] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }),
                   ENOSYS);
}

void privileges_are_not_gained(void**) {
  assert_int_equal(inside([] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }), 1);
}

void an_abort_is_still_one(void**) {
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(enter_sandbox({}));
    ::signal(SIGABRT, SIG_DFL);
    ::abort();
  }
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  const CMUnitTest tests[] = {
      cmocka_unit_test(files_of_the_user_are_out_of_reach),
      cmocka_unit_test(directories_of_the_user_are_out_of_reach),
      cmocka_unit_test(proc_is_out_of_reach),
      cmocka_unit_test(name_service_files_are_readable),
      cmocka_unit_test(a_configured_authority_is_readable),
      cmocka_unit_test(a_configured_directory_is_readable),
      cmocka_unit_test(no_program_is_executed),
      cmocka_unit_test(no_process_is_made),
      cmocka_unit_test(threads_are_made),
      cmocka_unit_test(no_file_is_opened_for_writing),
      cmocka_unit_test(no_file_is_removed_renamed_or_changed),
      cmocka_unit_test(no_other_process_is_touched),
      cmocka_unit_test(no_code_is_made_at_run_time),
      cmocka_unit_test(nothing_is_listened_on),
      cmocka_unit_test(only_known_networks_are_spoken_to),
      cmocka_unit_test(a_family_is_refused_whatever_stands_above_its_bits),
      cmocka_unit_test(no_local_socket_is_made),
      cmocka_unit_test(a_server_behind_a_local_socket_is_reached),
      cmocka_unit_test(no_end_of_a_pair_can_be_connected_anew),
      cmocka_unit_test(names_are_resolved),
      cmocka_unit_test(nothing_is_typed_into_a_terminal),
      cmocka_unit_test(limits_are_not_raised),
      cmocka_unit_test(the_calls_that_hide_their_arguments_are_unknown),
      cmocka_unit_test(privileges_are_not_gained),
      cmocka_unit_test(an_abort_is_still_one),
  };
  return cmocka_run_group_tests_name("sandbox", tests, nullptr, nullptr);
}
