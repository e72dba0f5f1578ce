// The store of a fleet: Vault or OpenBao, spoken to by the child program claude-auth-store, so
// that this process neither loads a network library nor parses a byte of the network.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/child.h"
#include "base/config.h"
#include "base/secret.h"
#include "base/unique_fd.h"
#include "store/store.h"
#include "store/store_wire.h"
#include "store/token_facts.h"

namespace claude_auth {

/// One user's document in Vault. The child starts at the first request, or ahead of it, and lives,
/// with its one connection, until this object goes or the child fails; after a failure the next
/// request starts another one. A child that is silent at the deadline is killed; any other ends by
/// itself, with nothing secret left in its memory, for which this object's end waits.
///
/// A write that fails as `unreachable` may have been carried out all the same: the answer was
/// lost, not the request. And a `conflict` may be this process's own success, since a request is
/// sent twice by a retry, or by libcurl where the server closed the kept connection without a
/// word. After either: read again and compare before trying again.
class VaultStore : public Store {
 public:
  /// `settings.path` is replaced by `document_path`, the path below the mount with the user's name
  /// in it. `settings.max_retries` is 0 for a login. `token` passed `usable_token`. `program` is
  /// the absolute path of claude-auth-store.
  VaultStore(VaultSettings settings, std::string document_path, Secret token, std::string program);
  ~VaultStore() override;

  std::expected<StoredDocument, StoreError> read(Deadline deadline) override;
  std::expected<std::uint64_t, StoreError> write(const json_t& fields, std::uint64_t cas,
                                                 Deadline deadline) override;

  /// What the server says about the token. `denied` where it is bad or expired.
  [[nodiscard]] std::expected<TokenFacts, StoreError> look_up_self(Deadline deadline);

  /// Renews the token. `misconfigured` where the token cannot be renewed.
  [[nodiscard]] std::expected<Renewal, StoreError> renew_self(Deadline deadline);

  /// Starts the child ahead of the first request: it loads its libraries for milliseconds, in which
  /// the caller can do something else. Nothing goes over the network. What fails is the first
  /// request's to tell.
  void start_ahead(Deadline deadline);

  /// The child ends by itself while the caller goes on. Another request would start another one.
  void expect_no_more();

  /// Empty, or the sentence that says which part of the child's sandbox the kernel refused: for
  /// one WARN line. Known after the first request.
  [[nodiscard]] const std::string& warning() const { return warning_; }

 private:
  /// Starts the child and tells it what it is for.
  std::expected<void, StoreError> start(Deadline deadline);
  /// Takes the child's word that it is ready.
  std::expected<void, StoreError> await_opened(Deadline deadline);
  /// Starts the child unless it runs, and waits until it is ready.
  std::expected<void, StoreError> make_ready(Deadline deadline);
  void stop();

  /// One request to the running child, whose failure ends it. An error that it reports is one of
  /// the store and leaves it running.
  std::expected<store_wire::Reply, StoreError> ask(store_wire::Demand demand, Deadline deadline);

  /// The running child's next reply.
  std::expected<store_wire::Reply, StoreError> take_reply(Deadline deadline);

  /// Asks, and takes only an answer of the kind `Answer`.
  template <typename Answer>
  std::expected<Answer, StoreError> ask_for(store_wire::Demand demand, Deadline deadline);

  VaultSettings settings_;
  Secret token_;
  std::string program_;
  std::string warning_;
  UniqueFd socket_;      ///< of the running child; empty while there is none
  bool opened_ = false;  ///< the running child has said that it is ready
  std::optional<Child> child_;
};

}  // namespace claude_auth
