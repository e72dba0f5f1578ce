// The double's KV engine, version 2 and 1, as OpenBao and Vault behave over HTTP.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "answer.h"
#include "base/json.h"

namespace claude_auth::testing {

/// One mount of version 2: data/PATH and metadata/PATH below it.
class KvEngine {
 public:
  /// `version` 0 is the current one.
  [[nodiscard]] Answer read(const std::string& path, std::uint64_t version) const;
  [[nodiscard]] Answer write(const std::string& path, const json_t* body);
  [[nodiscard]] Answer soft_delete(const std::string& path);
  [[nodiscard]] Answer soft_delete_versions(const std::string& path, const json_t* body);
  [[nodiscard]] Answer read_metadata(const std::string& path) const;
  [[nodiscard]] Answer write_metadata(const std::string& path, const json_t* body);
  [[nodiscard]] Answer delete_metadata(const std::string& path);

  /// Is there metadata? Decides between the capabilities `create` and `update`.
  [[nodiscard]] bool has(const std::string& path) const { return entries_.contains(path); }

 private:
  struct Version {
    Json data;
    std::string created;
    std::string deleted;
  };
  struct Entry {
    std::map<std::uint64_t, Version> versions;
    std::uint64_t current = 0;
    Json custom_metadata;
  };
  static Json version_metadata(const Entry& entry, std::uint64_t number);

  std::map<std::string, Entry> entries_;
};

/// One mount of version 1: keeps the whole body, ignores check-and-set.
class KvVersion1 {
 public:
  [[nodiscard]] Answer read(const std::string& path) const;
  [[nodiscard]] Answer write(const std::string& path, const json_t* body);

 private:
  std::map<std::string, Json> entries_;
};

}  // namespace claude_auth::testing
