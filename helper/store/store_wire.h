// What claude-auth-sync and its child claude-auth-store say to each other: the one place that
// knows the format, linked by both.
//
// A stream socketpair is the child's standard input; frames (store/frame.h) of JSON cross it. A
// request is an object with "op" and "ms", a reply an object with one member, named by its kind.
// Each request gets exactly one reply, in order. The first request is `open`, and there is only
// one. An end of file ends the child.
//
// Neither side believes the other: an object has exactly the members that its kind has, of the
// right types, or it is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "store/store.h"
#include "store/token_facts.h"

namespace claude_auth::store_wire {

/// No request is given longer than this, `Deadline::never` included.
inline constexpr Millis kMaxSpan = std::chrono::hours{1};

/// Everything that the child is ever told about where and who.
struct OpenRequest {
  VaultSettings settings;  ///< `path` is the document's path below the mount, %u replaced
  Secret token;
};
struct ReadRequest {};
struct WriteRequest {
  Json fields;
  std::uint64_t cas = 0;
};
struct LookUpSelfRequest {};
struct RenewSelfRequest {};

using Demand =
    std::variant<OpenRequest, ReadRequest, WriteRequest, LookUpSelfRequest, RenewSelfRequest>;

struct Request {
  Demand demand;
  Millis remaining{0};  ///< the time left for an answer, 0 to kMaxSpan
};

/// The child is ready. `warning` is empty, or the sentence that says what of its sandbox is
/// missing.
struct Opened {
  std::string warning;
};
struct Written {
  std::uint64_t version = 0;
};

using Reply = std::variant<Opened, StoredDocument, Written, TokenFacts, Renewal, StoreError>;

/// The text is not exactly one known message.
struct Malformed {};

/// JSON of a message; it holds what secrets the message holds. Throws std::bad_alloc, also where
/// a string is no UTF-8.
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Reply& reply);

[[nodiscard]] std::expected<Request, Malformed> decode_request(std::string_view text);
[[nodiscard]] std::expected<Reply, Malformed> decode_reply(std::string_view text);

}  // namespace claude_auth::store_wire
