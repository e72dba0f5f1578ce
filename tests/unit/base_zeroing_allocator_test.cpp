// helper/base/zeroing_allocator, linked into this program: what is freed is nowhere any more, and
// what is not is locked into memory.
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/unique_fd.h"
#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

/// A text that this program's own file does not hold, so that only the heap can.
class Marker {
 public:
  explicit Marker(std::size_t seed) {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      bytes_[i] = static_cast<char>('A' + (seed + i * 11) % 26);
    }
  }

  void fill(char* block, std::size_t size) const {
    for (std::size_t at = 0; at + bytes_.size() <= size; at += bytes_.size()) {
      std::ranges::copy(bytes_, block + at);
    }
  }

  /// How often the marker is in this process's writable memory, this object and the stack left out.
  [[nodiscard]] std::size_t traces() const;

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, 64> bytes_{};
};

std::size_t count_in(std::string_view memory, std::string_view wanted) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = memory.find(wanted, at)) != memory.npos; ++at) ++count;
  return count;
}

std::size_t Marker::traces() const {
  // All of it on the stack or static: looking must not disturb what is looked at.
  static std::array<char, 1 << 16> maps;
  static std::array<char, 1 << 16> chunk;
  const UniqueFd map_file(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::size_t length = 0;
  for (ssize_t got = 1; got > 0 && length < maps.size(); length += static_cast<std::size_t>(got)) {
    got = ::read(map_file.get(), maps.data() + length, maps.size() - length);
    assert_true(got >= 0);
  }
  std::size_t count = 0;
  std::string_view rest(maps.data(), length);
  while (!rest.empty()) {
    const char* start = maps.data() + (length - rest.size());
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.contains(" rw") || line.contains("[stack]")) continue;
    char* behind = nullptr;
    std::uintptr_t from = std::strtoul(start, &behind, 16);
    const std::uintptr_t to = std::strtoul(behind + 1, nullptr, 16);
    while (from < to) {
      const std::size_t wanted = std::min<std::size_t>(to - from, chunk.size());
      const ssize_t got = ::pread(memory.get(), chunk.data(), wanted, static_cast<off_t>(from));
      if (got <= 0) break;
      count += count_in({chunk.data(), static_cast<std::size_t>(got)}, view());
      from += static_cast<std::uintptr_t>(got);
    }
    explicit_bzero(chunk.data(), chunk.size());
  }
  return count;
}

/// realloc(3) that has to succeed.
char* resize(char* block, std::size_t size) {
  void* resized = std::realloc(block, size);
  if (resized == nullptr) std::abort();
  return static_cast<char*>(resized);
}

/// Allocates so that the compiler cannot see through it.
char* allocate(std::size_t size) {
  void* volatile block = std::malloc(size);
  return static_cast<char*>(block);
}

void the_search_sees_what_is_not_freed(void**) {
  const Marker marker(1);
  char* block = allocate(4096);
  marker.fill(block, 4096);
  assert_true(marker.traces() >= 4096 / marker.view().size() - 1);
  std::free(block);
}

void nothing_is_left_of_freed_blocks_of_any_size(void**) {
  const Marker marker(2);
  for (const std::size_t size : {100U, 1032U, 5'000U, 100'000U, 1'000'000U}) {
    char* block = allocate(size);
    char* neighbour = allocate(size);
    marker.fill(block, size);
    std::free(block);
    std::free(neighbour);
  }
  assert_int_equal(marker.traces(), 0);
}

void growing_leaves_no_copy_behind(void**) {
  const Marker marker(4);
  char* block = allocate(240);
  char* in_the_way = allocate(240);
  marker.fill(block, 240);
  block = resize(block, 100'000);
  assert_int_equal(marker.traces(), 240 / marker.view().size());
  std::free(block);
  std::free(in_the_way);
}

void growing_keeps_the_bytes(void**) {
  char* block = allocate(5);
  std::copy_n("TEST", 5, block);
  block = resize(block, 300'000);
  assert_string_equal(block, "TEST");
  std::free(block);
}

void shrinking_zeroes_the_tail(void**) {
  const Marker marker(5);
  for (const std::size_t size : {480U, 1'000'008U}) {
    char* block = allocate(size);
    marker.fill(block, size);
    block = resize(block, marker.view().size());
    assert_int_equal(marker.traces(), 1);
    assert_memory_equal(block, marker.view().data(), marker.view().size());
    std::free(block);
  }
}

void reallocarray_zeroes_as_realloc_does(void**) {
  const Marker marker(6);
  char* block = allocate(240);
  char* in_the_way = allocate(240);
  marker.fill(block, 240);
  std::free(::reallocarray(block, 100, 1'000));
  std::free(in_the_way);
  assert_int_equal(marker.traces(), 0);
}

void reallocarray_refuses_what_overflows(void**) {
  const volatile std::size_t huge = SIZE_MAX / 2;
  errno = 0;
  assert_null(::reallocarray(nullptr, huge, 3));
  assert_int_equal(errno, ENOMEM);
}

void realloc_to_nothing_frees(void**) {
  const Marker marker(7);
  char* block = allocate(240);
  marker.fill(block, 240);
  // NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): glibc's meaning of it is meant
  assert_null(std::realloc(block, 0));
  assert_int_equal(marker.traces(), 0);
}

void aligned_blocks_are_aligned_and_zeroed(void**) {
  const Marker marker(8);
  void* by_posix = nullptr;
  assert_int_equal(::posix_memalign(&by_posix, 4096, 480), 0);
  void* const volatile blocks[] = {by_posix, std::aligned_alloc(256, 512), ::memalign(64, 480),
                                   ::valloc(480), ::pvalloc(480)};
  const std::size_t alignments[] = {4096, 256, 64, 4096, 4096};
  for (std::size_t i = 0; i < std::size(alignments); ++i) {
    assert_int_equal(reinterpret_cast<std::uintptr_t>(blocks[i]) % alignments[i], 0);
    marker.fill(static_cast<char*>(blocks[i]), 480);
    std::free(blocks[i]);
  }
  assert_int_equal(marker.traces(), 0);
}

void a_wrong_alignment_is_refused(void**) {
  void* block = nullptr;
  const volatile std::size_t wrong = 24;
  assert_int_equal(::posix_memalign(&block, wrong, 8), EINVAL);
}

void calloc_gives_zeroes(void**) {
  void* volatile block = std::calloc(10, 100);
  const char* bytes = static_cast<const char*>(block);
  assert_true(std::all_of(bytes, bytes + 1'000, [](char byte) { return byte == 0; }));
  std::free(block);
}

void what_a_grown_string_leaves_is_zeroed(void**) {
  const Marker marker(9);
  {
    std::string text;
    for (int i = 0; i < 200; ++i) text += marker.view();
  }
  assert_int_equal(marker.traces(), 0);
}

void what_a_library_frees_is_zeroed(void**) {
  const Marker marker(10);
  {
    const Json object = new_object();
    // glibc's own notes on a free block lie on its first bytes: they must not meet the marker.
    set_string(object.get(), "token", std::string(64, '-').append(marker.view()));
    const std::string text = dump(object.get());
    const auto parsed = parse_object(text);
    assert_true(parsed.has_value());
    assert_true(marker.traces() >= 3);
  }
  assert_int_equal(marker.traces(), 0);
}

/// Whether all that is in use of the mapping around `byte` is locked, as the kernel says (proc(5),
/// smaps).
bool is_locked(const char* byte) {
  const auto address = reinterpret_cast<std::uintptr_t>(byte);
  std::ifstream smaps("/proc/self/smaps");
  bool around = false;
  long resident = 0;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    long size = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
      around = from <= address && address < to;
    if (around && std::sscanf(line.c_str(), "Rss: %ld", &size) == 1) resident = size;
    if (around && std::sscanf(line.c_str(), "Locked: %ld", &size) == 1)
      return size > 0 && size == resident;
  }
  return false;
}

void blocks_of_any_size_are_locked(void**) {
  rlimit limit{};
  assert_int_equal(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (limit.rlim_cur < (rlim_t{5} << 20)) {
    print_message("SKIP: so little memory may be locked here (ulimit -l) that none of it is\n");
    skip();
  }
  for (const std::size_t size : {100U, 100'000U, 1'000'000U}) {
    char* block = allocate(size);
    // Only what was written to takes up memory.
    explicit_bzero(block, size);
    assert_true(is_locked(block));
    assert_true(is_locked(block + size - 1));
    std::free(block);
  }
}

}  // namespace
}  // namespace claude_auth

int main() {
#ifdef CLAUDE_AUTH_SANITIZED
  std::puts("SKIP: under sanitizers, which have an allocator of their own, ours is left out");
  return 77;
#endif
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_search_sees_what_is_not_freed),
      cmocka_unit_test(nothing_is_left_of_freed_blocks_of_any_size),
      cmocka_unit_test(growing_leaves_no_copy_behind),
      cmocka_unit_test(growing_keeps_the_bytes),
      cmocka_unit_test(shrinking_zeroes_the_tail),
      cmocka_unit_test(reallocarray_zeroes_as_realloc_does),
      cmocka_unit_test(reallocarray_refuses_what_overflows),
      cmocka_unit_test(realloc_to_nothing_frees),
      cmocka_unit_test(aligned_blocks_are_aligned_and_zeroed),
      cmocka_unit_test(a_wrong_alignment_is_refused),
      cmocka_unit_test(calloc_gives_zeroes),
      cmocka_unit_test(what_a_grown_string_leaves_is_zeroed),
      cmocka_unit_test(what_a_library_frees_is_zeroed),
      cmocka_unit_test(blocks_of_any_size_are_locked),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
