#include "simulated_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/unique_fd.h"

namespace claude_auth::testing {

SimulatedClock::SimulatedClock(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (::ftruncate(file.get(), sizeof *epoch_ms_) != 0) std::abort();
  void* const shared =
      ::mmap(nullptr, sizeof *epoch_ms_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (shared == MAP_FAILED) std::abort();
  epoch_ms_ = static_cast<Millis::rep*>(shared);
}

SimulatedClock::~SimulatedClock() {
  ::munmap(epoch_ms_, sizeof *epoch_ms_);
}

Instant SimulatedClock::now() const {
  return Instant(Millis(std::atomic_ref(*epoch_ms_).load()));
}

void SimulatedClock::set(Instant now) {
  std::atomic_ref(*epoch_ms_).store(now.time_since_epoch().count());
}

}  // namespace claude_auth::testing
