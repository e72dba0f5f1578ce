// malloc and its relatives for our programs, over glibc's own: every byte is zeroed when freed, and
// a block that moves leaves no copy behind. What jansson, libcurl and OpenSSL free holds no secret.
//
// free and realloc are where bytes are given up; the others are here because a replacement has to
// be complete: glibc manual, "Replacing malloc". Not built under sanitizers, which have their own.
#ifndef CLAUDE_AUTH_SANITIZED

#include <malloc.h>
#include <string.h>

#include <cerrno>
#include <cstddef>

// Exported by glibc for replacements such as this one.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void* __libc_valloc(std::size_t size);
void* __libc_pvalloc(std::size_t size);
void __libc_free(void* block);
}

#define REPLACES_LIBC extern "C" __attribute__((visibility("default")))

REPLACES_LIBC void* malloc(std::size_t size) noexcept {
  return __libc_malloc(size);
}

REPLACES_LIBC void* calloc(std::size_t count, std::size_t size) noexcept {
  return __libc_calloc(count, size);
}

REPLACES_LIBC void free(void* block) noexcept {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
}

REPLACES_LIBC void* realloc(void* block, std::size_t size) noexcept {
  if (block == nullptr) return __libc_malloc(size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  const std::size_t held = malloc_usable_size(block);
  if (size <= held) {
    // glibc shrinks in place; the tail may become a block of somebody else's.
    explicit_bzero(static_cast<char*>(block) + size, held - size);
    return __libc_realloc(block, size);
  }
  void* grown = __libc_malloc(size);
  if (grown == nullptr) return nullptr;
  memcpy(grown, block, held);
  free(block);
  return grown;
}

REPLACES_LIBC void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(block, bytes);
}

REPLACES_LIBC void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return __libc_memalign(alignment, size);
}

REPLACES_LIBC void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return __libc_memalign(alignment, size);
}

REPLACES_LIBC int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  void* made = __libc_memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

REPLACES_LIBC void* valloc(std::size_t size) noexcept {
  return __libc_valloc(size);
}

REPLACES_LIBC void* pvalloc(std::size_t size) noexcept {
  return __libc_pvalloc(size);
}

#endif
