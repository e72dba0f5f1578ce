#include "small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/unique_fd.h"

namespace claude_auth::testing {
namespace {

constexpr off_t kBlock = 4096;

}  // namespace

SmallDisk::SmallDisk(const std::string& path) : path_(path) {
  ::mkdir(path.c_str(), 0700);
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=0700") != 0) {
    std::perror("mount tmpfs");
    std::abort();
  }
}

SmallDisk::~SmallDisk() {
  ::umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  const UniqueFd file(::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  off_t at = 0;
  for (off_t step = off_t{1} << 20; step >= kBlock;) {
    if (::posix_fallocate(file.get(), at, step) == 0)
      at += step;
    else
      step /= 2;
  }
}

void SmallDisk::make_room() const {
  ::unlink(filler().c_str());
}

}  // namespace claude_auth::testing
