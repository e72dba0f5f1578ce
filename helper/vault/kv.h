// One document of a KV version 2 engine: read, and write with check-and-set.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "store/store.h"
#include "vault/vault_api.h"

namespace claude_auth {

/// The document at `settings().mount` and `settings().path` of an API.
class KvDocument {
 public:
  /// `api` outlives this object.
  explicit KvDocument(VaultApi& api);

  /// One request; a second one only where the answer looks like version 1.
  [[nodiscard]] std::expected<StoredDocument, StoreError> read(Deadline deadline);

  /// One request; before a first creation (`cas` 0) the mount's version is looked up once: version
  /// 1 answers a missing document just as version 2 does, but ignores check-and-set.
  [[nodiscard]] std::expected<std::uint64_t, StoreError> write(const json_t& fields,
                                                               std::uint64_t cas,
                                                               Deadline deadline);

 private:
  std::expected<void, StoreError> require_version_2(Deadline deadline);

  VaultApi& api_;
  std::string name_;  ///< mount/path, for people and for the preflight
  std::string data_path_;
  bool version_2_ = false;
};

/// What a reply to GET MOUNT/data/PATH means (docs/vault-protocol.md, "Key/value version 2"). Never
/// takes anything for absent but a 404 that says so. Pure.
[[nodiscard]] std::expected<StoredDocument, StoreError> document_in(const HttpReply& reply,
                                                                    std::string_view name);

/// The new version that a reply to POST MOUNT/data/PATH tells, or `conflict`. Pure.
[[nodiscard]] std::expected<std::uint64_t, StoreError> version_in(const HttpReply& reply,
                                                                  std::string_view name);

/// Does a reply to GET sys/internal/ui/mounts/PATH say that `mount` is KV version 2? Pure.
[[nodiscard]] std::expected<void, StoreError> check_mount(const HttpReply& reply,
                                                          std::string_view mount);

}  // namespace claude_auth
