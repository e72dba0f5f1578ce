#include "jobs/login.h"

#include <algorithm>
#include <utility>

#include "claude/oauth_env.h"
#include "decide/expiry.h"
#include "decide/login_decision.h"
#include "decide/restore_decision.h"
#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"

namespace claude_auth {
namespace {

using login_pipe::Notice;

// What is kept of a deadline to write a result down before the module stops waiting.
constexpr Millis kToReport{100};

// A store that asks for more patience than this does not get it.
constexpr Millis kLongestShun = std::chrono::hours(1);

// A stamp from the future is a clock that was set back: it proves nothing.
bool is_within(const std::optional<Instant>& at, Instant now, std::chrono::seconds span) {
  return at && *at <= now && now - *at < span;
}

class Login {
 public:
  Login(Context& context, LoginDeadlines deadlines, ReplyWriter& reply)
      : context_(context),
        deadline_(Deadline::in(deadlines.refresh - kToReport)),
        total_(Deadline::in(deadlines.total - kToReport)),
        reply_(reply) {}

  int run();

 private:
  bool look();
  [[nodiscard]] LoginStep step() const;
  int use_what_is_here();
  int ask_store(LoginStep how);
  int share_the_answer();
  int ask_store_alone();
  int apply(const StoredDocument& stored);
  int apply_token(const Secret& token);
  int apply_login(const Document& document);
  int store_failed(const StoreError& error);
  int fail(std::string_view reason);
  int not_carried_out(const std::string& what, const ChangeError& error);
  int not_asked(const std::string& why);
  int end_in_trouble();
  void withdraw_token();
  void wait_longer();
  void say(const Secret& token);
  void export_token(const Secret& token);
  void announce_login_end();
  [[nodiscard]] bool something_usable() const;
  [[nodiscard]] TokenInStore judge(const Secret& token) const;

  template <typename Change>
  bool stamp(Change change);

  Context& context_;
  Deadline deadline_;  // as long as the module waits, as things stand
  Deadline total_;
  ReplyWriter& reply_;

  Stamps stamps_;
  Secret token_here_;  // of the env file
  Secret said_;        // the token that the module has been told
  TokenHere token_state_ = TokenHere::none;
  Observation seen_;
  ChangeError trouble_;  // why what is here could not be looked at or written, if so
  bool waits_longer_ = false;
  bool carried_out_ = true;  // what the store said is here now
};

// What is here: stamps, env file, credentials. False where the memory cannot be trusted: then the
// store is not asked (DESIGN rule 10).
bool Login::look() {
  auto stamps = load_stamps(context_);
  if (!stamps) trouble_ = {.sentence = stamps.error()};
  stamps_ = stamps ? std::move(*stamps) : Stamps{};

  auto token = read_oauth_env(context_.paths.token_env, context_.user.uid);
  if (!token) trouble_ = {.sentence = token.error().sentence()};
  token_here_ = token ? std::move(*token) : Secret();
  token_state_ = TokenHere::none;
  if (!token_here_.empty())
    token_state_ =
        judge(token_here_) == TokenInStore::rejected ? TokenHere::rejected : TokenHere::usable;

  seen_ = observe(context_, stamps_.generations);
  if (seen_.login == LocalLogin::unreadable) trouble_ = {.sentence = seen_.file.problem};
  return stamps.has_value();
}

LoginStep Login::step() const {
  const Instant now = context_.clock.now();
  // A later moment than any failure sets is a clock that was set back.
  const bool shunned =
      stamps_.store_retry_at && *stamps_.store_retry_at > now &&
      *stamps_.store_retry_at - now <= std::max<Millis>(context_.config.retry_after, kLongestShun);
  return first_step(
      {.enrolled = true,
       .paused = false,
       .token = token_state_,
       .login = seen_.login,
       .superseded = seen_.generation && stamps_.generations.is_superseded(seen_.generation->hash),
       .fresh = is_within(stamps_.store_read_at, now, context_.config.fresh_for),
       .failed_lately = shunned});
}

bool Login::something_usable() const {
  return token_state_ == TokenHere::usable || seen_.login == LocalLogin::valid;
}

TokenInStore Login::judge(const Secret& token) const {
  if (token.empty()) return TokenInStore::none;
  if (!is_setup_token(token.view())) return TokenInStore::bad_shape;
  const std::string fingerprint = token_fingerprint(token.view());
  if (stamps_.rejected_setup_tokens.contains(fingerprint)) return TokenInStore::rejected;
  const bool known =
      stamps_.accepted_setup_tokens.contains(fingerprint) || token.same_as(token_here_);
  return known ? TokenInStore::accepted : TokenInStore::untried;
}

template <typename Change>
bool Login::stamp(Change change) {
  const Deadline to_report = Deadline::in(std::max(deadline_.remaining(), kToReport / 2));
  auto stamps = update_stamps(context_, to_report, change);
  if (!stamps) {
    trouble_ = stamps.error();
    return false;
  }
  stamps_ = std::move(*stamps);
  return true;
}

int Login::fail(std::string_view reason) {
  return context_.finish(Status::fail, reason);
}

// What the store said is not here yet: the next login has to ask again. A lock in other hands is
// nothing broken: another job of this user's is at work, or Claude itself changes the login.
int Login::not_carried_out(const std::string& what, const ChangeError& error) {
  carried_out_ = false;
  return context_.finish(error.busy ? Status::warn : Status::fail, what + ": " + error.sentence);
}

// Nobody was asked, or nothing of what he said could be kept: what is here decides how bad that is.
int Login::not_asked(const std::string& why) {
  if (something_usable() || seen_.login == LocalLogin::logged_out)
    return context_.finish(Status::warn, why + "; what is here stays as it is");
  return fail(why + "; the login here is " + name_of(seen_.login) + " and could not be restored");
}

int Login::end_in_trouble() {
  if (trouble_.sentence.empty()) return 0;
  return trouble_.busy ? not_asked(trouble_.sentence) : fail(trouble_.sentence);
}

// Nothing usable is here, so the module has the patience for more.
void Login::wait_longer() {
  if (waits_longer_) return;
  waits_longer_ = true;
  reply_.wait();
  deadline_ = total_;
}

void Login::say(const Secret& token) {
  if (said_.same_as(token)) return;
  reply_.token(token);
  said_ = token.clone();
}

void Login::export_token(const Secret& token) {
  say(token);
  if (!stamps_.setup_token_stored_at) return;
  const Instant end = *stamps_.setup_token_stored_at + kSetupTokenLife;
  if (const auto days = days_to_announce(end, context_.clock.now(), kSetupTokenNotice))
    reply_.notice(Notice::setup_token_expires, *days);
}

void Login::announce_login_end() {
  const json_t* login = seen_.file.login();
  const auto ends = login != nullptr ? refresh_token_expires_at_ms(*login) : std::nullopt;
  if (!ends) return;
  const Instant now = context_.clock.now();
  const Instant end{Millis(*ends)};
  if (end <= now && Instant(Millis(seen_.generation->expires_at_ms)) <= now)
    reply_.notice(Notice::login_needed);
  else if (const auto days = days_to_announce(end, now, kLoginNotice))
    reply_.notice(Notice::login_expires, *days);
}

int Login::run() {
  clear_after_the_dead(context_);
  const bool memory = look();
  if (token_state_ == TokenHere::rejected) withdraw_token();
  const LoginStep next = memory ? step() : LoginStep::use_token;
  switch (next) {
    case LoginStep::done:
    case LoginStep::use_token:
      return use_what_is_here();
    case LoginStep::ask_store:
    case LoginStep::ask_store_longer:
      break;
  }
  return ask_store(next);
}

int Login::use_what_is_here() {
  if (token_state_ == TokenHere::usable)
    export_token(token_here_);
  else
    announce_login_end();

  GenerationHistory after = stamps_.generations;
  if (trouble_.sentence.empty() && remember(seen_, after))
    stamp([&](Stamps& stamps) { remember_if_still_here(context_, seen_, stamps.generations); });
  return end_in_trouble();
}

// Several logins of one user at once: one asks the store, the others wait for what it finds.
int Login::ask_store(LoginStep how) {
  const auto answer_before = stamps_.store_read_at;
  // Said first: a store that hangs must not cost a session the token that is here.
  if (token_state_ == TokenHere::usable) say(token_here_);
  if (how == LoginStep::ask_store_longer) wait_longer();

  if (auto made = make_directories(context_.paths.state_dir, 0700); !made)
    return fail(made.error().sentence());
  auto lock = FileLock::acquire(context_.paths.login_lock, deadline_);
  if (!lock && lock.error().kind == FileErrorKind::locked) return use_what_is_here();
  if (!lock) return fail(lock.error().sentence());

  if (!look()) return use_what_is_here();
  const LoginStep next = step();
  if (next == LoginStep::done || next == LoginStep::use_token) return use_what_is_here();
  if (stamps_.store_read_at && stamps_.store_read_at != answer_before) return share_the_answer();
  return ask_store_alone();
}

// Another login has just asked, while this one waited, and did what there was to do.
int Login::share_the_answer() {
  if (needs_help(seen_.login)) reply_.notice(Notice::login_needed);
  return use_what_is_here();
}

int Login::ask_store_alone() {
  const Instant now = context_.clock.now();
  if (is_within(stamps_.store_attempt_at, now, context_.config.retry_after))
    return store_failed({.kind = StoreErrorKind::unreachable,
                         .sentence = "the login before this one died while it asked the store"});
  // Its program loads while the attempt is written down.
  auto opened = prepare_store(context_, Retry::never, deadline_);
  // Nothing is asked of the network that could not be remembered: else a store that hangs would
  // cost every login its deadline.
  if (!stamp([&](Stamps& stamps) {
        remember_if_still_here(context_, seen_, stamps.generations);
        stamps.store_attempt_at = now;
      }))
    return end_in_trouble();

  if (!opened) return store_failed(opened.error());
  if (auto ours = verify_token(*opened, context_, stamps_, Verify::when_due, deadline_); !ours)
    return store_failed(ours.error());
  auto stored = opened->store->read(deadline_);
  if (opened->vault != nullptr) opened->vault->expect_no_more();
  pass_on_warning(*opened, context_);
  if (!stored) return store_failed(stored.error());

  const Document document(*stored);
  if (!stamp([&](Stamps& stamps) {
        stamp_verified(*opened, stamps, now);
        stamps.store_attempt_at.reset();
        stamps.store_retry_at.reset();
        stamps.store_read_at.reset();
        stamps.setup_token_stored_at = document.setup_token_stored_at();
      }))
    return end_in_trouble();
  // What was found is worth more time than asking for it.
  if (!something_usable() && needs_help(seen_.login)) wait_longer();
  const int exit_status = apply(*stored);
  // Last: what this login did not get round to, because it was ended, the next one has to do.
  if (carried_out_) stamp([&](Stamps& stamps) { stamps.store_read_at = now; });
  return exit_status;
}

int Login::store_failed(const StoreError& error) {
  const Instant now = context_.clock.now();
  const Millis shun =
      std::max<Millis>(context_.config.retry_after,
                       std::min<Millis>(error.retry_after.value_or(Millis(0)), kLongestShun));
  const bool stamped = stamp([&](Stamps& stamps) {
    remember_if_still_here(context_, seen_, stamps.generations);
    stamps.store_attempt_at.reset();
    stamps.store_retry_at = now + shun;
  });
  if (!stamped && !trouble_.busy) return end_in_trouble();
  if (token_state_ == TokenHere::usable) export_token(token_here_);
  return not_asked(error.sentence);
}

int Login::apply(const StoredDocument& stored) {
  const Document document(stored);
  const Secret token = Secret::copy_of(document.setup_token());
  switch (token_action(judge(token), something_usable())) {
    case TokenAction::materialize:
      return apply_token(token);
    case TokenAction::keep:
      return use_what_is_here();
    case TokenAction::withdraw:
      break;
  }
  withdraw_token();
  if (judge(token) == TokenInStore::rejected) {
    reply_.notice(Notice::setup_token_rejected);
    trouble_ = {.sentence = kRejectedToken};
  }
  if (judge(token) == TokenInStore::bad_shape)
    context_.warnings.emplace_back("setup_token in the store has not the shape of one: ignored");
  return apply_login(document);
}

void Login::withdraw_token() {
  token_here_ = Secret();
  token_state_ = TokenHere::none;
  if (!said_.empty()) reply_.no_token();
  said_ = Secret();
  if (auto removed = remove_token_env(context_, deadline_); !removed) {
    trouble_ = removed.error();
    carried_out_ = false;
  }
}

int Login::apply_token(const Secret& token) {
  const bool known = token.same_as(token_here_);
  export_token(token);
  if (known) return end_in_trouble();
  if (auto written = write_token_env(context_, token, deadline_); !written)
    return not_carried_out("the setup token is in this session only", written.error());
  return context_.finish(Status::ok, "setup token taken from the store");
}

int Login::apply_login(const Document& document) {
  const RestorePlan plan(context_, document, {.by = RestoreSituation::By::machine});
  const RestoreVerdict verdict = plan.decide(seen_, stamps_.generations);
  if (verdict == RestoreVerdict::restore) {
    auto replaced = plan.carry_out(deadline_);
    if (!replaced)
      return not_carried_out(replaced.error().busy ? "the login is not restored yet"
                                                   : "the login could not be restored",
                             replaced.error());
    if (*replaced == Replaced::not_wanted) return end_in_trouble();
    if (trouble_.sentence.empty())
      return context_.finish(Status::recovered, plan.story(seen_.login));
    context_.note_recovery(plan.story(seen_.login));
    return end_in_trouble();
  }
  if (needs_person(verdict, seen_.login)) {
    reply_.notice(Notice::login_needed);
    if (!trouble_.sentence.empty()) context_.warnings.push_back(trouble_.sentence);
    return fail(std::string("the login is ") + name_of(seen_.login) + " and " +
                plan.reason(verdict) + ": run `" + context_.config.login_command + "`");
  }
  announce_login_end();
  return end_in_trouble();
}

}  // namespace

int login(Context& context, LoginDeadlines deadlines, ReplyWriter& reply) {
  context.job = Job::login;
  const LoginSituation before_looking{.enrolled = is_enrolled(context),
                                      .paused = is_paused(context.paths)};
  if (first_step(before_looking) == LoginStep::done) return 0;
  return Login(context, deadlines, reply).run();
}

}  // namespace claude_auth
