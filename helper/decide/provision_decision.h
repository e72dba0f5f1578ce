// What provisioning does about one user's token and units, as tables. Pure.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "decide/fleet_decision.h"

namespace claude_auth {

/// What the server says of the token that a user's own program found in his token file.
enum class NamedToken {
  not_asked,   ///< none was named, or there is no clear answer
  gone,        ///< proved not to exist
  own,         ///< its display name and policy are this user's
  of_another,  ///< it is somebody else's
};

struct TokenSituation {
  /// The user's word, and he may lie. `present` is not among what he can say here.
  VaultTokenSeen file = VaultTokenSeen::unknown;
  bool may_ask = false;  ///< there is an admin's token, and a server that answers
  NamedToken named = NamedToken::not_asked;
  bool recorded = false;  ///< the named token is the one that the records call current
};

enum class TokenStep {
  keep,
  record,  ///< a good one, made by somebody else or in a run that died: to be known for later
  mint,
  leave,     ///< one has to be minted, and that takes an admin's token
  report,    ///< nobody could say what lies there, which proves nothing
  distrust,  ///< the user names somebody else's token as his own
};

[[nodiscard]] TokenStep token_step(const TokenSituation& now);

/// Why a token is minted: to follow "token minted: ".
[[nodiscard]] std::string_view why_minted(const TokenSituation& now);

/// How long one user's own program is given, after as many of one run had to be ended: time enough
/// to ask a slow server, with retries and their pauses; but once that has cost minutes, as where
/// many homes hang, only what a program takes that does not.
[[nodiscard]] Millis user_patience(int hung_before);

/// So many cost a run its patience.
inline constexpr int kHungUntilImpatient = 6;

enum class UnitsStep { leave, enable, disable };

/// `some_on` and `some_off`: of a user's units, both where they are partly on, neither on a host
/// without systemd.
[[nodiscard]] UnitsStep units_step(bool wanted, bool some_on, bool some_off);

}  // namespace claude_auth
