// malloc and its relatives for our programs, over glibc's own: every byte is zeroed when freed, and
// a block that moves leaves no copy behind. What jansson, libcurl and OpenSSL free holds no secret,
// and what they hold is locked into memory: it does not reach swap.
//
// free and realloc are where bytes are given up; the others are here because a replacement has to
// be complete: glibc manual, "Replacing malloc". Not built under sanitizers, which have their own.
#ifndef CLAUDE_AUTH_SANITIZED

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

// What glibc exports for replacements such as this one.
extern "C" {
void* libc_malloc(std::size_t size) __asm__("__libc_malloc");
void* libc_calloc(std::size_t nmemb, std::size_t size) __asm__("__libc_calloc");
void* libc_realloc(void* ptr, std::size_t size) __asm__("__libc_realloc");
void* libc_memalign(std::size_t alignment, std::size_t size) __asm__("__libc_memalign");
void* libc_valloc(std::size_t size) __asm__("__libc_valloc");
void* libc_pvalloc(std::size_t size) __asm__("__libc_pvalloc");
void libc_free(void* ptr) __asm__("__libc_free");
}

namespace {

// Half of the usual RLIMIT_MEMLOCK: the rest is for each Secret.
constexpr std::ptrdiff_t kMostLocked = std::ptrdiff_t{4} << 20;

char* heap_start = nullptr;

// Up to where the heap is locked; null where that is refused, and until it is begun.
std::atomic<char*> locked_end{nullptr};

char* heap_end() {
  return static_cast<char*>(::sbrk(0));
}

void lock_heap_from(char* from) {
  const int error = errno;
  char* const end = heap_end();
  const auto size = static_cast<std::size_t>(end - from);
  // Only pages that are used: what is ready for use costs nothing.
  const bool locked =
      size == 0 || (end - heap_start <= kMostLocked && ::mlock2(from, size, MLOCK_ONFAULT) == 0);
  locked_end = locked ? end : nullptr;
  errno = error;
}

/// One heap for every thread and every size, and locked from its start. glibc manual, "Malloc
/// Tunable Parameters".
[[gnu::constructor]] void begin_locking() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
  // mlock2(2) begins with the page that this is in.
  heap_start = heap_end() - ::mallinfo2().arena;
  lock_heap_from(heap_start);
}

/// `block`, of `size` bytes, before anything is put into it.
void* locked(void* block, std::size_t size) {
  char* const end = locked_end;
  if (block != nullptr && end != nullptr && static_cast<char*>(block) + size > end)
    lock_heap_from(end);
  return block;
}

}  // namespace

#define REPLACES_LIBC extern "C" __attribute__((visibility("default")))

REPLACES_LIBC void* malloc(std::size_t size) noexcept {
  return locked(libc_malloc(size), size);
}

REPLACES_LIBC void* calloc(std::size_t nmemb, std::size_t size) noexcept {
  return locked(libc_calloc(nmemb, size), nmemb * size);
}

REPLACES_LIBC void free(void* ptr) noexcept {
  if (ptr == nullptr) return;
  explicit_bzero(ptr, malloc_usable_size(ptr));
  libc_free(ptr);
}

REPLACES_LIBC void* realloc(void* ptr, std::size_t size) noexcept {
  if (ptr == nullptr) return malloc(size);
  if (size == 0) {
    free(ptr);
    return nullptr;
  }
  const std::size_t held = malloc_usable_size(ptr);
  if (size <= held) {
    // glibc shrinks in place; the tail may become a block of somebody else's.
    explicit_bzero(static_cast<char*>(ptr) + size, held - size);
    return libc_realloc(ptr, size);
  }
  void* grown = malloc(size);
  if (grown == nullptr) return nullptr;
  memcpy(grown, ptr, held);
  free(ptr);
  return grown;
}

REPLACES_LIBC void* reallocarray(void* ptr, std::size_t nmemb, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(nmemb, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(ptr, bytes);
}

REPLACES_LIBC void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return locked(libc_memalign(alignment, size), size);
}

REPLACES_LIBC void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}

REPLACES_LIBC int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) noexcept {
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  void* made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *memptr = made;
  return 0;
}

REPLACES_LIBC void* valloc(std::size_t size) noexcept {
  return locked(libc_valloc(size), size);
}

REPLACES_LIBC void* pvalloc(std::size_t size) noexcept {
  return locked(libc_pvalloc(size), size);
}

#endif
