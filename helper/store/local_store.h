// The embedded store: the user's document as numbered files in a directory of the user's own.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace claude_auth {

/// Version N of the document is the file <directory>/<N in 20 digits>.json, 0600; the one with the
/// highest number is the current one, the last ten are kept. No directory, or none with a version
/// in it, is the proof that there is no document.
///
/// Check-and-set is the name itself: a writer that read version N puts N+1 there by link(2), which
/// succeeds for one writer only, on NFS as well. No lock is needed, and a writer killed at any
/// point leaves a complete version or none. A reader on another host may be told of a version late
/// (NFS caches directories); what it then writes is a conflict. A conflict can be with one's own
/// success where ten others write in the same moment, as with any store: read again and compare.
///
/// The highest version counts even where it cannot be trusted or understood: that is an error, and
/// never a reason to fall back to an older one.
class LocalStore : public Store {
 public:
  /// `directory`: Paths::local_store. Made (0700) by the first write.
  explicit LocalStore(std::string directory);

  std::expected<StoredDocument, StoreError> read(Deadline deadline) override;
  std::expected<std::uint64_t, StoreError> write(const json_t& fields, std::uint64_t cas,
                                                 Deadline deadline) override;

 private:
  [[nodiscard]] std::string path_of(std::uint64_t version) const;
  void tidy(const std::vector<std::uint64_t>& versions) const;

  std::string directory_;
};

}  // namespace claude_auth
