#include "jobs/status_report.h"

#include "claude/oauth_env.h"
#include "decide/expiry.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/person.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"
#include "store/local_store.h"

namespace claude_auth {
namespace {

class Survey {
 public:
  explicit Survey(const Context& context) : context_(context) {}

  StatusReport run(Reach reach);

 private:
  void look_at_surroundings();
  void look_at_login();
  void look_at_token_here();
  void look_at_store(Reach reach);
  std::unique_ptr<Store> open_vault(Reach reach, Deadline deadline);
  void take(const StoredDocument& stored);
  [[nodiscard]] SetupTokenFacts judge(std::string_view token,
                                      const std::optional<Instant>& stored_at) const;
  void advise();
  void advise_on_login();

  const Context& context_;
  StatusReport report_;
  Stamps stamps_;
  Observation seen_;
  std::optional<StoredDocument> stored_;
  std::string store_problem_;  // why there is no answer of a store that was asked
};

StatusReport Survey::run(Reach reach) {
  look_at_surroundings();
  auto stamps = load_stamps(context_);
  if (!stamps) {
    report_.problem = stamps.error();
    report_.to_do.push_back(report_.problem);
    return std::move(report_);
  }
  stamps_ = std::move(*stamps);
  look_at_login();
  look_at_token_here();
  look_at_store(reach);
  const bool token =
      report_.setup_token && (report_.setup_token->state == SetupTokenState::in_force ||
                              report_.setup_token->state == SetupTokenState::untried);
  report_.mode = token ? LoginMode::setup_token : LoginMode::oauth;
  report_.shadows = find_shadows(context_.user, context_.paths, context_.environment, report_.mode,
                                 kManagedSettings);
  advise();
  return std::move(report_);
}

void Survey::look_at_surroundings() {
  report_ = {.now = context_.clock.now(),
             .user = context_.user.name,
             .problem = {},
             .last = load_last_status(context_.paths),
             .paused = is_paused(context_.paths),
             .warnings = context_.warnings,
             .to_do = {},
             .host = context_.config.host_name,
             .store = context_.config.store,
             .store_place = context_.paths.local_store,
             .enrolled = is_enrolled(context_),
             .login = {},
             .shadows = {},
             .backup = {},
             .setup_token = {},
             .vault_token = {}};
  if (context_.config.store == StoreKind::vault)
    report_.store_place = context_.config.vault.address + ", " + context_.config.vault.mount + "/" +
                          expand_user(context_.config.vault.path, context_.user.name);
}

void Survey::look_at_login() {
  seen_ = observe(context_, stamps_.generations);
  // Into this copy only: a wipe that nobody saw before counts for the advice.
  remember(seen_, stamps_.generations);
  report_.login.emplace();
  report_.login->state = seen_.login;
  report_.login->problem = seen_.file.problem;
  if (!seen_.generation) return;
  const auto& last = report_.last.line;
  report_.login->rejected = last && last->rejected_login == seen_.generation->hash;
  report_.login->access_token_expires_at = Instant(Millis(seen_.generation->expires_at_ms));
  if (const auto ends = refresh_token_expires_at_ms(*seen_.file.login()))
    report_.login->login_expires_at = Instant(Millis(*ends));
}

void Survey::look_at_token_here() {
  const auto token = read_oauth_env(context_.paths.token_env, context_.user.uid);
  if (!token)
    report_.warnings.push_back(token.error().sentence());
  else if (!token->empty())
    report_.setup_token = judge(token->view(), stamps_.setup_token_stored_at);
}

SetupTokenFacts Survey::judge(std::string_view token,
                              const std::optional<Instant>& stored_at) const {
  if (token.empty()) return {};
  if (!is_setup_token(token)) return {.state = SetupTokenState::malformed, .expires_at = {}};
  const std::string fingerprint = token_fingerprint(token);
  SetupTokenFacts facts{.state = SetupTokenState::untried, .expires_at = {}};
  if (stored_at) facts.expires_at = *stored_at + kSetupTokenLife;
  if (stamps_.accepted_setup_tokens.contains(fingerprint)) facts.state = SetupTokenState::in_force;
  if (stamps_.rejected_setup_tokens.contains(fingerprint)) facts.state = SetupTokenState::rejected;
  return facts;
}

void Survey::look_at_store(Reach reach) {
  const Deadline deadline = Deadline::in(kPersonWaits);
  std::unique_ptr<Store> store;
  if (context_.config.store == StoreKind::vault) {
    store = open_vault(reach, deadline);
  } else {
    store = std::make_unique<LocalStore>(context_.paths.local_store);
  }
  if (!store) return;
  auto stored = store->read(deadline);
  if (!stored) {
    store_problem_ = stored.error().sentence;
    return;
  }
  stored_ = std::move(*stored);
  take(*stored_);
}

std::unique_ptr<Store> Survey::open_vault(Reach reach, Deadline deadline) {
  CheckedVault vault;
  if (reach == Reach::this_host)
    vault.token = look_at_vault_token(context_);
  else
    vault = check_vault(context_, deadline);
  if (report_.enrolled) store_problem_ = vault.token.problem;
  if (vault.store && !vault.store->warning().empty())
    report_.warnings.push_back(vault.store->warning());
  report_.vault_token = std::move(vault.token);
  return std::move(vault.store);
}

void Survey::take(const StoredDocument& stored) {
  const Document document(stored);
  report_.backup = {.state = document.login_state(),
                    .at = document.backed_up_at(),
                    .by = std::string(document.backed_up_by()),
                    .other_host = document.is_of_other_host(context_.config.host_name)};
  report_.setup_token = judge(document.setup_token(), document.setup_token_stored_at());
}

void Survey::advise() {
  if (!report_.enrolled) {
    report_.to_do.push_back(context_.config.store == StoreKind::local
                                ? "`claude-auth-sync backup`, once you are logged in"
                                : "ask the admin to provision " + context_.paths.vault_token);
    return;
  }
  if (!store_problem_.empty()) {
    report_.to_do.push_back(store_problem_);
    return;
  }
  if (report_.setup_token && report_.mode == LoginMode::oauth &&
      report_.setup_token->state != SetupTokenState::none)
    report_.to_do.emplace_back("`claude setup-token`, then `claude-auth-sync setup-token set`");
  if (report_.mode == LoginMode::oauth) advise_on_login();
}

void Survey::advise_on_login() {
  if (seen_.login == LocalLogin::unreadable) report_.to_do.push_back(seen_.file.problem);
  if (!needs_help(seen_.login)) return;
  const std::string log_in = "`" + context_.config.login_command + "`";
  if (!stored_) {
    report_.to_do.push_back("`claude-auth-sync restore`, else " + log_in);
    return;
  }
  const Document document(*stored_);
  const RestorePlan plan(context_, document, {.by = RestoreSituation::By::person});
  const bool restorable = plan.decide(seen_, stamps_.generations) == RestoreVerdict::restore;
  report_.to_do.push_back(restorable ? "`claude-auth-sync restore` (the next login does it as well)"
                                     : log_in);
}

}  // namespace

StatusReport gather_status(const Context& context, Reach reach) {
  return Survey(context).run(reach);
}

StatusReport status_without_configuration(const Identity& identity, Instant now,
                                          const std::string& problem) {
  StatusReport report;
  report.now = now;
  report.user = identity.user.name;
  report.problem = problem;
  report.last = load_last_status(identity.paths);
  report.paused = is_paused(identity.paths);
  report.to_do.push_back(problem);
  return report;
}

}  // namespace claude_auth
