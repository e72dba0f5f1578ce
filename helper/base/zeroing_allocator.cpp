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

#define REPLACES_LIBC extern "C" __attribute__((visibility("default")))

REPLACES_LIBC void* malloc(std::size_t size) noexcept {
  return libc_malloc(size);
}

REPLACES_LIBC void* calloc(std::size_t nmemb, std::size_t size) noexcept {
  return libc_calloc(nmemb, size);
}

REPLACES_LIBC void free(void* ptr) noexcept {
  if (ptr == nullptr) return;
  explicit_bzero(ptr, malloc_usable_size(ptr));
  libc_free(ptr);
}

REPLACES_LIBC void* realloc(void* ptr, std::size_t size) noexcept {
  if (ptr == nullptr) return libc_malloc(size);
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
  void* grown = libc_malloc(size);
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
  return libc_memalign(alignment, size);
}

REPLACES_LIBC void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return libc_memalign(alignment, size);
}

REPLACES_LIBC int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) noexcept {
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  void* made = libc_memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *memptr = made;
  return 0;
}

REPLACES_LIBC void* valloc(std::size_t size) noexcept {
  return libc_valloc(size);
}

REPLACES_LIBC void* pvalloc(std::size_t size) noexcept {
  return libc_pvalloc(size);
}

#endif
