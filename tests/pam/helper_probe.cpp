// A helper that writes down how it was started, into the file `dump` beside the path it was
// executed by: argv, environment, descriptors, identity, signals, limits.
#include <dirent.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

namespace {

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return {target.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::set<int> open_descriptors() {
  std::set<int> open;
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return open;
  while (const dirent* entry = ::readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(directory)) open.insert(fd);
  }
  ::closedir(directory);
  return open;
}

void dump_descriptors(std::ostream& dump, const std::set<int>& descriptors) {
  for (const int fd : descriptors) {
    const std::string target = link_target("/proc/self/fd/" + std::to_string(fd));
    dump << "fd " << fd << " " << target.substr(0, target.find(':')) << "\n";
  }
}

void dump_process(std::ostream& dump) {
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  dump << "core " << core.rlim_cur << " " << core.rlim_max << "\n";
  dump << "umask " << std::oct << ::umask(0) << std::dec << "\n";
  dump << "cwd " << link_target("/proc/self/cwd") << "\n";
  dump << "session " << (::getsid(0) == ::getpid() ? "own" : "foreign") << "\n";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* name : {"Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "NoNewPrivs:"}) {
      if (line.starts_with(name)) dump << line << "\n";
    }
  }
}

}  // namespace

int main(int argc, char** argv, char** environment) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands the path over as a number.
  const std::string executed(reinterpret_cast<const char*>(::getauxval(AT_EXECFN)));
  // Before the dump itself is one of them.
  const std::set<int> descriptors = open_descriptors();
  std::ofstream dump(executed.substr(0, executed.rfind('/')) + "/dump");
  for (int i = 0; i < argc; ++i) dump << "argv " << argv[i] << "\n";
  for (char** variable = environment; *variable != nullptr; ++variable) {
    dump << "env " << *variable << "\n";
  }
  dump_process(dump);
  dump_descriptors(dump, descriptors);
  return dump ? EXIT_SUCCESS : EXIT_FAILURE;
}
