// libFuzzer's entry points, the same for all targets.
#include <sodium.h>

#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  claude_auth::fuzz::require(::sodium_init() >= 0, "libsodium can be initialised");
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  claude_auth::fuzz::take({reinterpret_cast<const char*>(data), size});
  return 0;
}
