// The admin's root-only records: the accessors of the tokens that were minted for this host's
// users. An accessor can revoke a token, and cannot be used as one.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secure_file.h"

namespace claude_auth {

struct TokenRecord {
  std::string accessor;               ///< of the token that lies in the user's directory; or empty
  std::string pending;                ///< minted, and not known to be delivered
  std::vector<std::string> replaced;  ///< still to be revoked

  bool operator==(const TokenRecord&) const = default;
};

/// The record of `user` below `directory`, without a lock: for whoever only looks. An absent record
/// is an empty one; one that is garbled or not ours alone is an error.
[[nodiscard]] std::expected<TokenRecord, std::string> read_record(const std::string& directory,
                                                                  const std::string& user);

/// A directory of one small file for each user, 0700, this process's user's.
class Records {
 public:
  /// Makes the directory where it is missing, and takes its lock: one run that changes anything at
  /// a time. Error: one sentence.
  [[nodiscard]] static std::expected<Records, std::string> open(const std::string& directory,
                                                                Deadline deadline);

  /// As `read_record`.
  [[nodiscard]] std::expected<TokenRecord, std::string> load(const std::string& user) const;
  /// Durable when it returns. An empty record removes the file.
  [[nodiscard]] std::expected<void, std::string> save(const std::string& user,
                                                      const TokenRecord& record) const;

 private:
  Records(std::string directory, FileLock lock);
  std::string directory_;
  FileLock lock_;
};

}  // namespace claude_auth
