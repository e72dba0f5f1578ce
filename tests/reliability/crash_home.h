// A home on a small disk of its own, with what jobs of ours change in it, and the store beside it.
// Made once for each job, and put back before each fault.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/config.h"
#include "base/json.h"
#include "base/paths.h"

namespace claude_auth::testing {

class VaultSide;

/// What any job takes at most.
inline constexpr Millis kJobTakes = std::chrono::seconds(60);

/// What is found in a home and its store. Times are left out.
struct Remains {
  std::string credentials;  ///< JSON with sorted keys; other bytes as they are; "none"
  std::string token_env;    ///< "none" where there is no such file
  std::string vault_token;
  std::string document;         ///< JSON with sorted keys
  bool memory_is_whole;         ///< state and last status are JSON objects, or not there
  std::set<std::string> files;  ///< everything below the home, numbers and times replaced by N
  std::size_t temporary;        ///< entries of TMPDIR
};

class CrashHome {
 public:
  /// Enters a private machine whose only user lives here; see private_machine.h, whose rules hold.
  /// Leaves this process as skipped where it cannot be had.
  static void enter(const std::string& scratch);

  /// A home with a configuration for `store`, and nothing in it but what Claude makes.
  CrashHome(const std::string& scratch, StoreKind store);
  /// The same, its store a Vault that is there already.
  CrashHome(const std::string& scratch, const std::string& vault_address,
            const std::string& root_token);
  ~CrashHome();
  CrashHome(const CrashHome&) = delete;
  CrashHome& operator=(const CrashHome&) = delete;

  [[nodiscard]] const Paths& paths() const { return paths_; }
  /// Of the Vault double, where it is the store.
  [[nodiscard]] const std::string& vault_address() const;

  // What happens in the home. Each keeps the keys of others.
  void write_login(const std::string& generation) const;
  void wipe() const;
  void lose_login() const;
  void write_credentials(const std::string& bytes) const;
  void set_field(const std::string& key, const std::string& value) const;

  /// claude-auth-sync as it runs here, to be started.
  [[nodiscard]] Command command(const std::vector<std::string>& arguments,
                                const std::string& input) const;
  /// Runs it undisturbed, to its end.
  [[nodiscard]] Finished finish(const std::vector<std::string>& arguments,
                                const std::string& input = "") const;
  /// The same. Its exit status, or -1 where it did not end.
  [[nodiscard]] int run(const std::vector<std::string>& arguments,
                        const std::string& input = "") const;

  /// From now on `put_back` makes everything as it is now.
  void keep();
  void put_back() const;

  [[nodiscard]] Remains look() const;
  /// Error: the store's own sentence.
  [[nodiscard]] std::expected<Json, std::string> document() const;
  [[nodiscard]] std::string log() const;

 private:
  CrashHome(const std::string& scratch, std::unique_ptr<VaultSide> vault);
  void configure() const;
  void write_document(const Json& fields) const;

  std::string disk_;
  UserId user_;
  Paths paths_;
  std::string temporary_;
  std::unique_ptr<VaultSide> vault_;
  Json kept_document_;
};

}  // namespace claude_auth::testing
