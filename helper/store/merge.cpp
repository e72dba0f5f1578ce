#include "store/merge.h"

#include <poll.h>
#include <sodium.h>

namespace claude_auth {
namespace {

constexpr int kTries = 5;

// At least 750 ms in all: a standby of OpenBao that answers a read may be half a second behind the
// leader, which compares the version.
void pause_with_jitter(int try_number) {
  const auto least = static_cast<std::uint32_t>(25 << try_number);
  ::poll(nullptr, 0, static_cast<int>(least + randombytes_uniform(least)));
}

bool worth_another_try(StoreErrorKind kind) {
  return kind == StoreErrorKind::conflict || kind == StoreErrorKind::unreachable;
}

}  // namespace

std::expected<Merged, StoreError> merge(Store& store, const DocumentChange& change,
                                        Deadline deadline, const StoredDocument* known) {
  bool reply_lost = false;
  std::expected<StoredDocument, StoreError> read;
  for (int try_number = 1;; ++try_number) {
    if (known == nullptr) read = store.read(deadline);
    if (!read) return std::unexpected(read.error());
    const StoredDocument& current = known != nullptr ? *known : *read;
    known = nullptr;
    const Json fields = change(current);
    if (!fields) return reply_lost ? Merged::written : Merged::left;
    const auto version = store.write(*fields, current.version, deadline);
    if (version) return Merged::written;
    if (!worth_another_try(version.error().kind) || try_number == kTries || deadline.passed())
      return std::unexpected(version.error());
    reply_lost = reply_lost || version.error().kind == StoreErrorKind::unreachable;
    pause_with_jitter(try_number);
  }
}

}  // namespace claude_auth
