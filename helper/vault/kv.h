// One document of a KV version 2 engine: read, write with check-and-set, and purge.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "store/store.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// One user's document in Vault, over an API that it shares with others'.
class KvStore : public Store {
 public:
  /// The document at `settings().mount` and `settings().path`, or at `path`. `api` outlives this
  /// object.
  explicit KvStore(VaultApi& api);
  KvStore(VaultApi& api, std::string_view path);

  /// One request; a second one only where the answer looks like version 1.
  std::expected<StoredDocument, StoreError> read(Deadline deadline) override;

  /// One request; before a first creation (`cas` 0) the mount's version is looked up once: version
  /// 1 answers a missing document just as version 2 does, but ignores check-and-set.
  std::expected<std::uint64_t, StoreError> write(const json_t& fields, std::uint64_t cas,
                                                 Deadline deadline) override;

  /// Deletes every version and the metadata: the document has never been, and is written with
  /// `cas` 0 again. One that is not there is success. Like a first write, it looks the mount's
  /// version up.
  [[nodiscard]] std::expected<void, StoreError> purge(Deadline deadline);

 private:
  std::expected<void, StoreError> require_version_2(Deadline deadline);

  VaultApi& api_;
  std::string mount_;
  std::string path_;
  std::string name_;  ///< mount/path, for people and for the preflight
  bool version_2_ = false;
};

/// A mount or path as the requests name it.
[[nodiscard]] std::string slashes_trimmed(std::string_view path);

/// What a reply to GET MOUNT/data/PATH means (docs/vault-protocol.md, "Key/value version 2"). Never
/// takes anything for absent but a 404 that says so. Pure.
[[nodiscard]] std::expected<StoredDocument, StoreError> document_in(const HttpReply& reply,
                                                                    std::string_view name);

/// The new version that a reply to POST MOUNT/data/PATH tells, or `conflict`. Pure.
[[nodiscard]] std::expected<std::uint64_t, StoreError> version_in(const HttpReply& reply,
                                                                  std::string_view name);

/// Does a reply to DELETE MOUNT/metadata/PATH prove that the document is gone? Pure.
[[nodiscard]] std::expected<void, StoreError> purged_in(const HttpReply& reply,
                                                        std::string_view name);

/// Does a reply to GET sys/internal/ui/mounts/PATH say that `mount` is KV version 2? Pure.
[[nodiscard]] std::expected<void, StoreError> check_mount(const HttpReply& reply,
                                                          std::string_view mount);

}  // namespace claude_auth
