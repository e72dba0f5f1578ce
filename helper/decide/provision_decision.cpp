#include "decide/provision_decision.h"

namespace claude_auth {
namespace {

TokenStep step_for_own_token(const TokenSituation& now) {
  switch (now.named) {
    case NamedToken::own:
      return now.recorded ? TokenStep::keep : TokenStep::record;
    case NamedToken::gone:
      return TokenStep::mint;
    case NamedToken::of_another:
      return TokenStep::distrust;
    case NamedToken::not_asked:
      break;
  }
  return TokenStep::report;
}

}  // namespace

TokenStep token_step(const TokenSituation& now) {
  switch (now.file) {
    case VaultTokenSeen::ours:
      return now.may_ask ? step_for_own_token(now) : TokenStep::keep;
    case VaultTokenSeen::absent:
    case VaultTokenSeen::foreign:
    case VaultTokenSeen::rejected:
    case VaultTokenSeen::unreadable:
      return now.may_ask ? TokenStep::mint : TokenStep::leave;
    case VaultTokenSeen::present:
    case VaultTokenSeen::unknown:
      break;
  }
  return TokenStep::report;
}

std::string_view why_minted(const TokenSituation& now) {
  if (now.file == VaultTokenSeen::absent) return "there was none";
  if (now.file == VaultTokenSeen::foreign) return "the one in place was not the user's own";
  if (now.file == VaultTokenSeen::unreadable) return "the file in place was no token file";
  return "the one in place was dead";
}

Millis user_patience(int hung_before) {
  return hung_before < kHungUntilImpatient ? Millis(45'000) : Millis(3'000);
}

UnitsStep units_step(bool wanted, bool some_on, bool some_off) {
  if (wanted && some_off) return UnitsStep::enable;
  if (!wanted && some_on) return UnitsStep::disable;
  return UnitsStep::leave;
}

}  // namespace claude_auth
