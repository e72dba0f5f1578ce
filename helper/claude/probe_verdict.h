// What a probe proved about a token.
#pragma once

namespace claude_auth {

enum class ProbeVerdict {
  accepted,   ///< real inference answered
  rejected,   ///< authentication itself is broken
  unchecked,  ///< anything else: limits, 5xx, network, time-out, an unknown answer
  no_client,  ///< there is no `claude` to ask
};

}  // namespace claude_auth
