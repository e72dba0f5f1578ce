#include "jobs/sync.h"

#include <optional>
#include <utility>

#include "claude/client_lock.h"
#include "claude/live_probe.h"
#include "claude/oauth_env.h"
#include "decide/expiry.h"
#include "decide/sync_decision.h"
#include "jobs/backup.h"
#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/outcome.h"
#include "jobs/pause.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"
#include "store/merge.h"

namespace claude_auth {
namespace {

constexpr std::chrono::seconds kStoreWork{60};
constexpr std::chrono::seconds kProbeLimit{60};
// A scoped token that ends so soon after its renewal is not renewed for long any more.
constexpr std::chrono::days kTokenEndsSoon{7};

std::string in_days(int days) {
  return days == 1 ? "in 1 day" : "in " + std::to_string(days) + " days";
}

// Leaves none in `seen`: while Claude answers, which takes long, they are of no more use.
Secret take_access_token(Observation& seen) {
  Secret token = Secret::copy_of(string_member(seen.file.login(), "accessToken").value_or(""));
  seen.file.root.reset();
  return token;
}

class Sync {
 public:
  explicit Sync(Context& context) : context_(context) {}

  Outcome run();

 private:
  Outcome work();
  Outcome with_document(const Document& document);
  Outcome setup_token_in_store(const Document& document, const Secret& token);
  TokenOutcome try_token(const Secret& token);
  Outcome materialize(const Document& document, const Secret& token);
  void note_first_sight(const Document& document);
  void count_as_fresh();
  Outcome oauth(const Document& document);
  Outcome heal(const Document& document, const std::string& rejected);
  Outcome after_restore(const std::string& story);
  [[nodiscard]] bool is_older(const Document& document, const Observation& seen) const;
  ProbeResult probe(Observation& seen);
  ProbeResult probe_at(ProbePlace place, Observation& seen);
  Outcome conclude(const Observation& seen, const ProbeResult& result);
  Outcome could_not_check(const std::string& reason);
  Outcome not_restored(const ChangeError& error);
  Outcome ask_person(const std::string& why, const std::optional<Generation>& rejected);
  void renew_scoped_token();
  void announce_login_end(const Observation& seen);

  template <typename Change>
  bool stamp(Change change);

  [[nodiscard]] Deadline store_deadline() const { return Deadline::in(kStoreWork); }

  Context& context_;
  Stamps stamps_;
  OpenStore opened_;
  const StoredDocument* stored_ = nullptr;  // as it was read at the beginning
  Instant read_at_{};
  std::string trouble_;  // why the state could not be written
  std::optional<SignalBlock> refreshed_;
};

template <typename Change>
bool Sync::stamp(Change change) {
  auto stamps = update_stamps(context_, store_deadline(), change);
  if (!stamps) {
    trouble_ = stamps.error().sentence;
    return false;
  }
  stamps_ = std::move(*stamps);
  return true;
}

Outcome Sync::run() {
  if (is_paused(context_.paths)) return {Status::skip, kPausedReason};
  if (!is_enrolled(context_)) {
    if (context_.config.store == StoreKind::vault)
      return {Status::fail,
              context_.paths.vault_token + " does not exist: ask the admin to provision this user"};
    return {Status::skip,
            "not enrolled: `claude-auth-sync backup` does it, once you are logged in"};
  }
  if (auto made = make_directories(context_.paths.state_dir, 0700); !made)
    return {Status::fail, made.error().sentence()};
  auto lock = FileLock::acquire(context_.paths.lock, Deadline::in(Millis(0)));
  if (!lock && lock.error().kind == FileErrorKind::locked)
    return {Status::skip, "another sync of this user is running"};
  if (!lock) return {Status::fail, lock.error().sentence()};
  clear_after_the_dead(context_);
  clear_dead_probes(context_.environment);
  return work();
}

Outcome Sync::work() {
  auto stamps = load_stamps(context_);
  if (!stamps) return {Status::fail, stamps.error()};
  stamps_ = std::move(*stamps);

  auto opened = open_store(context_, stamps_, Retry::configured, Verify::always, store_deadline());
  if (!opened) return {Status::fail, opened.error().sentence};
  opened_ = std::move(*opened);
  renew_scoped_token();
  const auto stored = opened_.store->read(store_deadline());
  pass_on_warning(opened_, context_);
  if (!stored) return {Status::fail, stored.error().sentence};

  const Document document(*stored);
  read_at_ = context_.clock.now();
  if (!stamp([&](Stamps& after) {
        stamp_verified(opened_, after, read_at_);
        after.store_attempt_at.reset();
        after.store_retry_at.reset();
        after.store_read_at.reset();
        after.setup_token_stored_at = document.setup_token_stored_at();
      }))
    return {Status::fail, trouble_};
  stored_ = &*stored;
  return with_document(document);
}

void Sync::renew_scoped_token() {
  if (opened_.vault == nullptr) return;
  const auto renewal = opened_.vault->renew_self(store_deadline());
  if (!renewal) {
    context_.warnings.push_back("the scoped token was not renewed: " + renewal.error().sentence);
    return;
  }
  const auto days = std::chrono::ceil<std::chrono::days>(renewal->ttl);
  if (days <= kTokenEndsSoon)
    context_.warnings.push_back("the scoped token ends " + in_days(static_cast<int>(days.count())) +
                                " although it was renewed: have it provisioned anew");
}

Outcome Sync::with_document(const Document& document) {
  const Secret token = Secret::copy_of(document.setup_token());
  if (is_setup_token(token.view())) return setup_token_in_store(document, token);
  if (!token.empty())
    context_.warnings.emplace_back("setup_token in the store has not the shape of one: ignored");
  if (auto removed = remove_token_env(context_, store_deadline()); !removed)
    return {Status::fail, removed.error().sentence};
  count_as_fresh();
  return oauth(document);
}

Outcome Sync::setup_token_in_store(const Document& document, const Secret& token) {
  switch (try_token(token)) {
    case TokenOutcome::in_force:
      return materialize(document, token);
    case TokenOutcome::in_force_untried:
      count_as_fresh();
      return could_not_check("the setup token could not be tried yet");
    case TokenOutcome::rejected:
      break;
  }
  if (auto removed = remove_token_env(context_, store_deadline()); !removed)
    return {Status::fail, removed.error().sentence};
  count_as_fresh();
  const Outcome rest = oauth(document);
  const std::string story = "without the setup token: " + rest.reason;
  if (rest.status == Status::recovered)
    context_.note_recovery(story);
  else
    context_.log.line(Status::warn, story);
  return {Status::fail, kRejectedToken};
}

TokenOutcome Sync::try_token(const Secret& token) {
  const std::string fingerprint = token_fingerprint(token.view());
  const TokenTrial trial{.accepted_before = stamps_.accepted_setup_tokens.contains(fingerprint),
                         .rejected_before = stamps_.rejected_setup_tokens.contains(fingerprint),
                         .tried_at = stamps_.setup_token_tried_at};
  const Instant now = context_.clock.now();
  if (!trial_is_due(trial, now)) return token_outcome(trial, std::nullopt);
  const std::string claude =
      find_claude(context_.config.claude_path, context_.user, context_.environment);
  const ProbeResult result =
      claude.empty() ? ProbeResult{ProbeVerdict::no_client, "there is no `claude`"}
                     : probe_token_twice(claude, token, context_.user, context_.environment);
  if (result.verdict == ProbeVerdict::unchecked || result.verdict == ProbeVerdict::no_client) {
    context_.warnings.push_back("the setup token could not be checked: " + result.reason);
    return token_outcome(trial, result.verdict);
  }
  const bool accepted = result.verdict == ProbeVerdict::accepted;
  stamp([&](Stamps& after) {
    after.setup_token_tried_at = now;
    (accepted ? after.accepted_setup_tokens : after.rejected_setup_tokens).add(fingerprint);
    (accepted ? after.rejected_setup_tokens : after.accepted_setup_tokens).remove(fingerprint);
  });
  return token_outcome(trial, result.verdict);
}

Outcome Sync::materialize(const Document& document, const Secret& token) {
  if (auto written = write_token_env(context_, token, store_deadline()); !written)
    return {Status::fail,
            "the setup token could not be put into the env file: " + written.error().sentence};
  count_as_fresh();
  note_first_sight(document);
  stamp([](Stamps& after) { after.unchecked_in_a_row = 0; });
  if (!stamps_.setup_token_stored_at) return {Status::ok, "setup token in force"};
  const Instant end = *stamps_.setup_token_stored_at + kSetupTokenLife;
  if (const auto days = days_to_announce(end, context_.clock.now(), kSetupTokenNotice))
    context_.warnings.push_back("the setup token's year ends " + in_days(*days) +
                                ": make a new one with `claude setup-token`");
  return {Status::ok, "setup token in force"};
}

// Until then each login asks the store for itself: what a sync that is ended did not get round to,
// or could not do, a login does.
void Sync::count_as_fresh() {
  stamp([this](Stamps& after) { after.store_read_at = read_at_; });
}

// Where somebody put a token in by hand, its year runs from the day it is first seen.
void Sync::note_first_sight(const Document& document) {
  if (document.setup_token_stored_at()) return;
  const Instant now = context_.clock.now();
  const auto merged = merge(
      *opened_.store,
      [&](const StoredDocument& stored) -> Json {
        const Document current(stored);
        const bool wanted = !current.setup_token().empty() && !current.setup_token_stored_at();
        return wanted ? with_setup_token_date(stored, now) : nullptr;
      },
      store_deadline());
  if (merged)
    stamp([&](Stamps& after) { after.setup_token_stored_at = now; });
  else
    context_.warnings.push_back("the setup token's date could not be stored: " +
                                merged.error().sentence);
}

Outcome Sync::oauth(const Document& document) {
  Observation seen = observe(context_, stamps_.generations);
  if (!stamp([&](Stamps& after) { remember_if_still_here(context_, seen, after.generations); }))
    return {Status::fail, trouble_};
  switch (first_sync_step(seen.login)) {
    case SyncStep::probe: {
      ProbeResult result = probe(seen);
      // The store's login is one that the rejected one came after, so its refresh token is used
      // up. An isolated probe does not try the refresh token here: Claude itself does.
      if (result.verdict == ProbeVerdict::rejected && is_older(document, seen))
        result = probe_at(ProbePlace::home, seen);
      if (after_probe(result.verdict, false) == AfterProbe::restore)
        return heal(document, seen.generation->hash);
      return conclude(seen, result);
    }
    case SyncStep::restore:
      return heal(document, "");
    case SyncStep::leave_alone:
      return {Status::skip, "the person logged out: nothing is backed up or restored"};
    case SyncStep::report:
      break;
  }
  return {Status::fail, seen.file.problem};
}

// The one restore of a sync. `rejected`: the generation that real inference has just refused, empty
// where the login was broken for all to see.
Outcome Sync::heal(const Document& document, const std::string& rejected) {
  Observation seen = observe(context_, stamps_.generations);
  // A probe at home can end in a wipe, which is the end of that generation.
  if (!stamp([&](Stamps& after) { remember_if_still_here(context_, seen, after.generations); }))
    return {Status::fail, trouble_};
  // A login that came while the other one was probed was never refused by anybody.
  if (seen.generation && seen.generation->hash != rejected) return conclude(seen, probe(seen));
  const RestorePlan plan(context_, document,
                         {.by = RestoreSituation::By::machine, .rejected = rejected});
  const RestoreVerdict verdict = plan.decide(seen, stamps_.generations);
  if (verdict != RestoreVerdict::restore)
    return ask_person(std::string("the login is ") +
                          (seen.generation ? "rejected" : name_of(seen.login)) + " and " +
                          plan.reason(verdict),
                      seen.generation);
  const auto replaced = plan.carry_out(store_deadline());
  if (!replaced) return not_restored(replaced.error());
  return after_restore(*replaced == Replaced::replaced ? plan.story(seen.login)
                                                       : "the login came back by itself");
}

Outcome Sync::after_restore(const std::string& story) {
  auto stamps = load_stamps(context_);
  if (!stamps) return {Status::fail, stamps.error()};
  stamps_ = std::move(*stamps);
  Observation seen = observe(context_, stamps_.generations);
  if (!seen.generation) return ask_person("the restored login is gone again", {});
  const ProbeResult result = probe(seen);
  if (after_probe(result.verdict, true) == AfterProbe::ask_person)
    return ask_person("the restored login is rejected as well", seen.generation);
  const Outcome outcome = conclude(seen, result);
  if (outcome.status == Status::ok) return {Status::recovered, story + "; " + outcome.reason};
  context_.note_recovery(story);
  return outcome;
}

bool Sync::is_older(const Document& document, const Observation& seen) const {
  return document.generation() &&
         stamps_.generations.known_older(document.generation()->hash, seen.generation->hash);
}

ProbeResult Sync::probe(Observation& seen) {
  const Instant ends{Millis(seen.generation->expires_at_ms)};
  return probe_at(probe_place(ends, context_.clock.now()), seen);
}

ProbeResult Sync::probe_at(ProbePlace place, Observation& seen) {
  const Secret token = take_access_token(seen);
  const std::string claude =
      find_claude(context_.config.claude_path, context_.user, context_.environment);
  if (claude.empty()) return {ProbeVerdict::no_client, "there is no `claude` to check it with"};
  if (place == ProbePlace::isolated)
    return probe_isolated(claude, token, context_.user, context_.environment, kProbeLimit);
  // A client that is ended in the middle of a refresh loses the login, and a refreshed one that is
  // not backed up can be lost: from here on nothing but the end of the sync ends it.
  refreshed_.emplace();
  return probe_in_home(claude, context_.paths.claude_dir, context_.user, context_.environment,
                       kProbeLimit);
}

Outcome Sync::conclude(const Observation& seen, const ProbeResult& result) {
  switch (after_probe(result.verdict, true)) {
    case AfterProbe::back_up:
      break;
    case AfterProbe::no_client:
      return {Status::fail, result.reason + ": install Claude Code or set claude_path"};
    case AfterProbe::restore:
    case AfterProbe::ask_person:
      return ask_person("the login is rejected", seen.generation);
    case AfterProbe::could_not_check:
      return could_not_check(result.reason);
  }
  // A probe at home may have refreshed the login: what is backed up is what is there now.
  const Observation now = observe(context_, stamps_.generations);
  if (!stamp([&](Stamps& after) {
        remember_if_still_here(context_, now, after.generations);
        after.unchecked_in_a_row = 0;
      }))
    return {Status::fail, trouble_};
  if (!now.generation)
    return {Status::fail, std::string("the login was ") + name_of(seen.login) + " and is now " +
                              name_of(now.login)};
  announce_login_end(now);
  return back_up(context_, *opened_.store, stamps_, *now.file.login(), store_deadline(), stored_);
}

void Sync::announce_login_end(const Observation& seen) {
  const auto ends = refresh_token_expires_at_ms(*seen.file.login());
  if (!ends) return;
  if (const auto days =
          days_to_announce(Instant(Millis(*ends)), context_.clock.now(), kLoginNotice))
    context_.warnings.push_back("the login ends " + in_days(*days) + ": run `" +
                                context_.config.login_command + "`");
}

Outcome Sync::could_not_check(const std::string& reason) {
  stamp([](Stamps& after) { ++after.unchecked_in_a_row; });
  const int times = stamps_.unchecked_in_a_row;
  const std::string text = "the login could not be checked: " + reason;
  if (!is_unchecked_for_long(times)) return {Status::warn, text};
  return {Status::fail, text + " (" + std::to_string(times) + " times in a row)"};
}

// A client that lives and has its locks in its hands will give them back: until it is seen again.
Outcome Sync::not_restored(const ChangeError& error) {
  if (!error.busy) return {Status::fail, "the login could not be restored: " + error.sentence};
  stamp([](Stamps& after) { ++after.unchecked_in_a_row; });
  if (!is_busy_for_long(stamps_.unchecked_in_a_row))
    return {Status::warn, "the login is not restored yet: " + error.sentence};
  return {Status::fail, "the login could not be restored: " + error.sentence};
}

Outcome Sync::ask_person(const std::string& why, const std::optional<Generation>& rejected) {
  if (rejected) context_.rejected_login = rejected->hash;
  return {Status::fail,
          why + ": interactive SSO login required: run `" + context_.config.login_command + "`"};
}

}  // namespace

int sync(Context& context) {
  context.job = Job::sync;
  Sync job(context);
  const Outcome outcome = job.run();
  return context.finish(outcome.status, outcome.reason);
}

}  // namespace claude_auth
