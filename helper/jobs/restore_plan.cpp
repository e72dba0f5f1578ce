#include "jobs/restore_plan.h"

#include "base/errors.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

// A dead generation is worth one more try only while its access token still does real work.
constexpr std::chrono::minutes kWorthRestoring{10};

}  // namespace

RestorePlan::RestorePlan(const Context& context, const Document& document, RestoreRequest request)
    : context_(context), document_(document), request_(std::move(request)) {}

RestoreVerdict RestorePlan::decide(const Observation& seen,
                                   const GenerationHistory& history) const {
  RestoreSituation situation{
      .login = seen.login, .document = document_.login_state(), .by = request_.by};
  const bool allowed =
      context_.config.shared_login || document_.backed_up_by() == request_.from_host;
  situation.foreign_host = document_.is_of_other_host(context_.config.host_name) && !allowed;
  situation.setup_token_in_force = request_.setup_token_in_force;
  situation.inference_rejected_local =
      seen.generation && seen.generation->hash == request_.rejected;
  if (const auto& stored = document_.generation()) {
    if (seen.generation && seen.generation->hash == stored->hash)
      situation.age = DocumentAge::same;
    else if (seen.generation && history.known_older(seen.generation->hash, stored->hash))
      situation.age = DocumentAge::local_is_stale;
    situation.document_dead = history.is_dead(stored->hash);
    situation.dead_restored_before =
        situation.document_dead &&
        history.was_restored_dead(stored->hash, file_identity(seen.file.target));
    situation.access_token_lasts =
        Instant(Millis(stored->expires_at_ms)) - context_.clock.now() > kWorthRestoring;
  }
  return decide_restore(situation);
}

std::expected<Replaced, ChangeError> RestorePlan::carry_out(Deadline deadline) const {
  const Json login = document_.login();
  return replace_login(
      context_, *login,
      [this](const Observation& seen, const GenerationHistory& history) {
        return decide(seen, history) == RestoreVerdict::restore;
      },
      deadline);
}

std::string RestorePlan::story(LocalLogin before) const {
  std::string text = "login restored from the store; the one here was ";
  text += before == LocalLogin::valid ? "a stale copy" : name_of(before);
  if (const auto at = document_.backed_up_at()) text += "; backed up " + iso8601(*at);
  return text;
}

std::string RestorePlan::reason(RestoreVerdict verdict) const {
  switch (verdict) {
    case RestoreVerdict::restore:
      return "it can be restored";
    case RestoreVerdict::leave_local_lives:
      return "the login here is valid and no stale copy: it stays";
    case RestoreVerdict::leave_same:
      return "the login here is the one in the store";
    case RestoreVerdict::leave_logged_out:
      return "the person logged out";
    case RestoreVerdict::leave_setup_token:
      return "a setup token is in force: the rotating login is not restored";
    case RestoreVerdict::leave_unreadable:
      return "the credentials file proves nothing";
    case RestoreVerdict::no_document:
      return "the store has no login";
    case RestoreVerdict::document_not_valid:
      return "the login in the store is not valid";
    case RestoreVerdict::document_foreign: {
      const std::string host = printable(document_.backed_up_by());
      return "the login in the store is host " + host + "'s (`restore --from-host " + host +
             "` takes it all the same)";
    }
    case RestoreVerdict::document_dead:
      return "the login in the store is one that was ended here";
  }
  return "";
}

}  // namespace claude_auth
