// call_rules FILE: run when this is built, writes the system call fence of claude-auth-store as a
// source, since libseccomp would take 0.4 ms of each login to put it together. It is a list of what
// is refused: one of what is allowed would have to follow every release of the C library, libcurl
// and OpenSSL; the calls that reach beyond the process are few and known.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

#include "vault/call_fence.h"

namespace claude_auth::sandbox {
namespace {

struct FilterRelease {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterRelease>;

struct FileRelease {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileRelease>;

constexpr std::uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);
constexpr std::uint32_t kUnknown = SCMP_ACT_ERRNO(ENOSYS);

/// Refused whatever the arguments.
constexpr std::array kRefused{
    // programs and processes
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(setpriority),
    SCMP_SYS(personality),
    // names and contents of files
    SCMP_SYS(creat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(mknod), SCMP_SYS(mknodat),
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(truncate), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
    SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(utime), SCMP_SYS(utimes),
    SCMP_SYS(futimesat), SCMP_SYS(utimensat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(memfd_create), SCMP_SYS(mount), SCMP_SYS(umount2),
    SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
    SCMP_SYS(fsopen), SCMP_SYS(swapon), SCMP_SYS(quotactl), SCMP_SYS(fanotify_init),
    // being a server
    SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
    // the kernel's other doors
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load), SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(mq_open)};

/// Their arguments lie in memory, where a filter cannot look. Callers fall back on the older call.
constexpr std::array kUnseen{SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(io_uring_setup)};

bool refuse(const Filter& filter, std::uint32_t action, int call,
            std::span<const scmp_arg_cmp> conditions = {}) {
  const int added = seccomp_rule_add_array(
      filter.get(), action, call, static_cast<unsigned>(conditions.size()), conditions.data());
  return added == 0;
}

/// "The bits of `mask` in argument `index` are exactly `value`."
constexpr scmp_arg_cmp bits(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

bool refuse_writing(const Filter& filter) {
  bool added = true;
  for (const auto& [call, flags] : {std::pair{SCMP_SYS(open), 1U}, {SCMP_SYS(openat), 2U}}) {
    for (const int flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
      const auto bit = static_cast<std::uint64_t>(flag);
      const std::array condition{bits(flags, bit, bit)};
      added = refuse(filter, kRefuse, call, condition) && added;
    }
  }
  return added;
}

/// clone makes threads only, signals go to this process only (abort needs them), and limits can
/// be asked for but not set.
bool refuse_processes(const Filter& filter) {
  const std::array no_thread{bits(0, CLONE_THREAD, 0)};
  const std::array another{scmp_arg_cmp{0, SCMP_CMP_NE, kOwnPid, 0}};
  const std::array new_limits{scmp_arg_cmp{2, SCMP_CMP_NE, 0, 0}};
  return refuse(filter, kRefuse, SCMP_SYS(clone), no_thread) &&
         refuse(filter, kRefuse, SCMP_SYS(tgkill), another) &&
         refuse(filter, kRefuse, SCMP_SYS(prlimit64), new_limits);
}

bool refuse_new_code(const Filter& filter) {
  constexpr std::uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  const std::array both{bits(2, kBoth, kBoth)};
  return refuse(filter, kRefuse, SCMP_SYS(mmap), both) &&
         refuse(filter, kRefuse, SCMP_SYS(mprotect), both) &&
         refuse(filter, kRefuse, SCMP_SYS(pkey_mprotect), both);
}

/// Internet, and the routing table that getaddrinfo asks: nothing else is a network here. The name
/// services behind local sockets (nscd, systemd-resolved, Avahi) are optional: without them the C
/// library asks the servers of resolv.conf.
bool refuse_other_sockets(const Filter& filter, LocalSockets local) {
  // Compared in 64 bits, of which the kernel takes an int: what stands above it is beyond all.
  const std::array beyond{scmp_arg_cmp{0, SCMP_CMP_GT, AF_NETLINK, 0}};
  bool added = refuse(filter, kRefuse, SCMP_SYS(socket), beyond);
  for (std::uint64_t family = 0; family < AF_NETLINK; ++family) {
    const bool needed = family == AF_INET || family == AF_INET6 ||
                        (family == AF_UNIX && local == LocalSockets::allowed);
    const std::array condition{scmp_arg_cmp{0, SCMP_CMP_EQ, family, 0}};
    if (!needed) added = refuse(filter, kRefuse, SCMP_SYS(socket), condition) && added;
  }
  // One end of a pair of datagram sockets could be connected anew, to anybody's.
  constexpr std::uint64_t kTypes = 0xF;
  const std::array datagrams{bits(1, kTypes, SOCK_DGRAM)};
  return refuse(filter, kRefuse, SCMP_SYS(socketpair), datagrams) && added;
}

/// Typing into the user's terminal.
bool refuse_terminal_input(const Filter& filter) {
  bool added = true;
  for (const int request : {TIOCSTI, TIOCLINUX}) {
    const std::array condition{bits(1, 0xFFFFFFFFU, static_cast<std::uint64_t>(request))};
    added = refuse(filter, kRefuse, SCMP_SYS(ioctl), condition) && added;
  }
  return added;
}

bool add_rules(const Filter& filter, LocalSockets local) {
  bool added = true;
  for (const int call : kRefused) added = refuse(filter, kRefuse, call) && added;
  for (const int call : kUnseen) added = refuse(filter, kUnknown, call) && added;
  return refuse_writing(filter) && refuse_processes(filter) && refuse_new_code(filter) &&
         refuse_other_sockets(filter, local) && refuse_terminal_input(filter) && added;
}

bool write_program(std::FILE* source, const char* name, LocalSockets local) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  const File binary(std::tmpfile());
  if (!filter || !binary || !add_rules(filter, local) ||
      seccomp_export_bpf(filter.get(), ::fileno(binary.get())) != 0 ||
      std::fseek(binary.get(), 0, SEEK_SET) != 0) {
    return false;
  }
  std::fprintf(source, "constexpr sock_filter %s[] = {\n", name);
  sock_filter step{};
  while (std::fread(&step, sizeof step, 1, binary.get()) == 1) {
    std::fprintf(source, "    {%u, %u, %u, %uU},\n", step.code, step.jt, step.jf, step.k);
  }
  std::fputs("};\n\n", source);
  return true;
}

bool write_source(std::FILE* source) {
  std::fputs(
      "#include \"vault/call_fence.h\"\n\n"
      "namespace claude_auth::sandbox {\nnamespace {\n\n",
      source);
  const bool written = write_program(source, "kWithoutLocalSockets", LocalSockets::refused) &&
                       write_program(source, "kWithLocalSockets", LocalSockets::allowed);
  std::fputs(
      "}  // namespace\n\n"
      "std::span<const sock_filter> call_fence(LocalSockets local) {\n"
      "  if (local == LocalSockets::allowed) return kWithLocalSockets;\n"
      "  return kWithoutLocalSockets;\n"
      "}\n\n}  // namespace claude_auth::sandbox\n",
      source);
  return written && std::fflush(source) == 0 && std::ferror(source) == 0;
}

}  // namespace
}  // namespace claude_auth::sandbox

int main(int argc, char** argv) {
  const claude_auth::sandbox::File source(argc == 2 ? std::fopen(argv[1], "we") : nullptr);
  if (source && claude_auth::sandbox::write_source(source.get())) return EXIT_SUCCESS;
  std::fputs("call_rules: the rules could not be written\n", stderr);
  return EXIT_FAILURE;
}
