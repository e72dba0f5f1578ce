// The seam between the jobs and where a user's document is kept.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace claude_auth {

/// The user's document as the store has it. Its fields are a public contract (docs); every key
/// this project does not know survives a write with its exact value.
struct StoredDocument {
  /// The fields, a JSON object; null where the store proved that there is no document.
  Json fields;
  /// What a write must give as check-and-set: the current version, 0 where none ever existed.
  /// A soft-deleted document has no fields and a version above 0.
  std::uint64_t version = 0;
};

/// Why a store could not answer. None of these ever means "absent" (DESIGN rule 1).
enum class StoreErrorKind {
  conflict,       ///< write only: the version has moved on; read again, merge again
  unreachable,    ///< no answer: refused, timed out, TLS failed, the transport died
  sealed,         ///< the server is sealed or has no active node
  denied,         ///< the token is bad, expired, or not allowed to do this
  misconfigured,  ///< no such mount, KV version 1, a redirect to a foreign host, bad settings
  busy,           ///< the server asks to slow down (429), or is still starting
  garbled,        ///< an answer that cannot be understood, or not represented exactly
  local_io,       ///< the local store's files cannot be read or written
};

struct StoreError {
  StoreErrorKind kind;
  /// One sentence for the log: which store, which call, what to do. Never holds a secret, nor
  /// text of the server's that was not reduced to printable ASCII.
  std::string sentence;
  /// The server's Retry-After, where it gave one.
  std::optional<Millis> retry_after{};
};

/// One user's document. Not thread-safe. Calls return by their deadline.
class Store {
 public:
  virtual ~Store() = default;

  /// A document, or the proof that there is none (`fields` null). Everything else is an error.
  virtual std::expected<StoredDocument, StoreError> read(Deadline deadline) = 0;

  /// Writes `fields` if the current version is still `cas`; returns the new version.
  /// StoreErrorKind::conflict where it is not.
  virtual std::expected<std::uint64_t, StoreError> write(const json_t& fields, std::uint64_t cas,
                                                         Deadline deadline) = 0;
};

}  // namespace claude_auth
