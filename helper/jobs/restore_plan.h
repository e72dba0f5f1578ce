// One restore, decided and carried out: what `login` and `restore` share.
#pragma once

#include <expected>
#include <string>

#include "decide/restore_decision.h"
#include "jobs/change.h"
#include "jobs/context.h"
#include "jobs/document.h"
#include "jobs/observe.h"

namespace claude_auth {

/// Who asks, and what he allows.
struct RestoreRequest {
  RestoreSituation::By by = RestoreSituation::By::machine;
  bool setup_token_in_force = false;
  std::string from_host{};  ///< another host whose login may be taken (rule 6)
  std::string rejected{};   ///< the generation that real inference has just refused (rule 4b)
};

class RestorePlan {
 public:
  /// Borrows both.
  RestorePlan(const Context& context, const Document& document, RestoreRequest request);

  [[nodiscard]] RestoreVerdict decide(const Observation& seen,
                                      const GenerationHistory& history) const;

  /// Puts the document's login into the credentials file, if `decide` still says so under all
  /// locks.
  [[nodiscard]] std::expected<Replaced, ChangeError> carry_out(Deadline deadline) const;

  /// Why nothing was restored, as the second half of a sentence.
  [[nodiscard]] std::string reason(RestoreVerdict verdict) const;

  /// What was done, for the log; `before` is what the login was.
  [[nodiscard]] std::string story(LocalLogin before) const;

 private:
  const Context& context_;
  const Document& document_;
  RestoreRequest request_;
};

}  // namespace claude_auth
