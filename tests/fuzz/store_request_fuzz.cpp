// store/store_wire: requests, as claude-auth-store takes them.
#include "fuzz/fuzz.h"
#include "store/store_wire.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const auto request = store_wire::decode_request(input);
  if (!request) return;
  require(request->remaining >= Millis::zero() && request->remaining <= store_wire::kMaxSpan,
          "the time left is in its range");
  if (const auto* open = std::get_if<store_wire::OpenRequest>(&request->demand))
    require(usable_token(open->token.view()) == open->token.view(), "a token can be a header");
  const std::string text = store_wire::encode(*request);
  const auto again = store_wire::decode_request(text);
  require(again.has_value(), "what is encoded can be decoded");
  require(store_wire::encode(*again) == text, "and is the same request");
}

}  // namespace claude_auth
