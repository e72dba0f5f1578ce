// store/store_wire: replies, as claude-auth-sync takes them from what speaks to the network.
#include "fuzz/fuzz.h"
#include "store/store_wire.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const auto reply = store_wire::decode_reply(input);
  if (!reply) return;
  const std::string text = store_wire::encode(*reply);
  const auto again = store_wire::decode_reply(text);
  require(again.has_value(), "what is encoded can be decoded");
  require(store_wire::encode(*again) == text, "and is the same reply");
}

}  // namespace claude_auth
