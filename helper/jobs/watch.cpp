#include "jobs/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/errors.h"
#include "base/service_notify.h"
#include "claude/oauth_env.h"
#include "decide/watch_decision.h"
#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/late_log_out.h"
#include "jobs/login_watch.h"
#include "jobs/observe.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"
#include "jobs/watch_child.h"

namespace claude_auth {
namespace {

// Backups wait this long, so that a burst of changes costs one.
constexpr Millis kGather{1'000};
// A storm of changes is looked at this often, not once a change.
constexpr Millis kBetweenLooks{20};
constexpr Millis kAgainSoon{250};
constexpr Millis kChangeNeeds{2'000};

/// The newest valid login, on guarded memory.
struct Held {
  Secret login;  // the claudeAiOauth object as JSON
  std::string generation;
};

// The signals that end the watch, as a descriptor: they arrive between two steps, never in one.
UniqueFd end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

class Watch {
 public:
  explicit Watch(Context& context)
      : context_(context), files_(context.paths), program_(own_program()) {}

  int run();

 private:
  void look();
  bool is_settling(const Observation& seen, const std::string& state);
  void act(WatchStep step, const Observation& seen, const std::string& state);
  void take(const Observation& seen);
  void heal(const Observation& seen);
  void heal_later(const ChangeError& error);
  void report(std::string_view problem, const std::string& state);
  void take_back();
  void forget();
  [[nodiscard]] bool start(std::expected<WatchChild, std::string> child);
  void start_backup();
  void start_asking();
  void finish_helper();
  void finish_backup(bool succeeded);
  void finish_asking();
  void ask_again();
  [[nodiscard]] WatchSituation situation(const Observation& seen, const Stamps& stamps,
                                         const std::string& state) const;
  [[nodiscard]] RestoreVerdict memory_could(const Observation& seen,
                                            const GenerationHistory& history) const;
  [[nodiscard]] StoredDocument memory_as_document() const;
  [[nodiscard]] std::string name_state(const Observation& seen,
                                       const GenerationHistory& history) const;
  [[nodiscard]] bool setup_token_here() const;
  [[nodiscard]] bool is_in_memory(const Observation& seen) const;
  [[nodiscard]] bool account_is_removed() const;
  [[nodiscard]] Deadline next_turn() const;
  void look_in(Millis span) { look_at_ = look_at_.or_sooner(Deadline::in(span)); }

  template <typename Change>
  bool stamp(Change change);

  Context& context_;
  LoginWatch files_;
  std::string program_;
  std::optional<Held> memory_;
  LateLogOut late_log_out_;
  std::optional<WatchChild> helper_;
  Deadline look_at_ = Deadline::in(Millis(0));
  // The first change is looked at as it comes: what it brings may not be there for long.
  Deadline quiet_until_ = Deadline::in(Millis(0));
  Deadline backup_at_ = Deadline::never();
  int failed_backups_ = 0;
  int failed_heals_ = 0;                     // of this state, or its taking back
  bool told_of_heals_ = false;               // that they go on failing
  std::string stamp_trouble_;                // of the last try; empty where it worked
  std::string state_;                        // as last seen: name_state
  Deadline settled_at_ = Deadline::never();  // when that state may be acted upon
  std::string asked_about_;                  // the state that the store was asked about
  Deadline ask_again_at_ = Deadline::never();
  bool hand_over_ = false;  // end, so that the manager calls somebody
};

template <typename Change>
bool Watch::stamp(Change change) {
  const auto stamps = update_stamps(context_, Deadline::in(kChangeNeeds), change);
  const std::string trouble = stamps ? "" : stamps.error().sentence;
  // A full disk lasts: said once, however often it is tried. A crowd of jobs does not.
  if (!trouble.empty() && trouble != stamp_trouble_)
    context_.report(stamps.error().busy ? Status::warn : Status::fail, trouble);
  stamp_trouble_ = trouble;
  return stamps.has_value();
}

int Watch::run() {
  const UniqueFd signals = end_signals();
  clear_after_the_dead(context_);
  notify_service_manager("READY=1");
  while (!hand_over_) {
    std::array<pollfd, 3> events{pollfd{signals.get(), POLLIN, 0}, pollfd{files_.fd(), POLLIN, 0},
                                 pollfd{helper_ ? helper_->pidfd() : -1, POLLIN, 0}};
    const int ready = ::poll(events.data(), events.size(), next_turn().poll_timeout());
    if (ready < 0 && errno != EINTR) return context_.finish(Status::fail, errno_text(errno));
    if (ready > 0 && events[0].revents != 0) break;
    if (ready > 0 && events[1].revents != 0 && files_.drain()) look_in(quiet_until_.remaining());
    const bool helper_ended = ready > 0 && events[2].revents != 0;
    if (helper_ && (helper_ended || helper_->limit().passed())) finish_helper();
    if (ask_again_at_.passed()) {
      ask_again_at_ = Deadline::never();
      asked_about_.clear();
      look_in(Millis(0));
    }
    if (look_at_.passed()) look();
    if (backup_at_.passed() && !helper_) start_backup();
    wipe_stack();
  }
  notify_service_manager("STOPPING=1");
  if (helper_) helper_->end();
  return hand_over_ ? kPersonNeeded : 0;
}

Deadline Watch::next_turn() const {
  Deadline next = look_at_.or_sooner(ask_again_at_);
  if (!helper_) next = next.or_sooner(backup_at_);
  if (helper_) next = next.or_sooner(helper_->limit());
  return next;
}

// A name for what is seen: as long as it stays, nothing new has happened.
std::string Watch::name_state(const Observation& seen, const GenerationHistory& history) const {
  std::string state = claude_auth::name_of(seen.login);
  if (seen.generation) return state + ' ' + seen.generation->hash;
  return state + " after " + history.last_seen();
}

bool Watch::is_settling(const Observation& seen, const std::string& state) {
  if (state != state_) {
    state_ = state;
    settled_at_ = Deadline::in(settle_time(seen.login));
    failed_heals_ = 0;
    told_of_heals_ = false;
    asked_about_.clear();
    ask_again_at_ = Deadline::never();
  }
  if (settled_at_.passed()) return false;
  look_in(settled_at_.remaining());
  return true;
}

void Watch::look() {
  look_at_ = Deadline::never();
  quiet_until_ = Deadline::in(kBetweenLooks);
  if (const auto poll = files_.poll_interval()) look_in(*poll);
  auto stamps = load_stamps(context_);
  if (!stamps) return report(stamps.error(), "state");
  const Observation seen = observe(context_, stamps->generations);
  const std::string state = name_state(seen, stamps->generations);
  late_log_out_.note(seen, is_in_memory(seen));
  if (is_settling(seen, state)) return;
  const WatchStep step = watch_step(situation(seen, *stamps, state));
  late_log_out_.looked();
  GenerationHistory after = stamps->generations;
  const bool told_before =
      seen.generation && !stamps->told_about.empty() && stamps->told_about != state;
  if (remember(seen, after) || told_before)
    stamp([&](Stamps& now) {
      remember_if_still_here(context_, seen, now.generations);
      if (told_before) now.told_about.clear();
    });
  act(step, seen, state);
  look_at_ = look_at_.or_sooner(late_log_out_.next_look());
}

WatchSituation Watch::situation(const Observation& seen, const Stamps& stamps,
                                const std::string& state) const {
  // As it will be once this is stamped: a wipe is the death of the generation in memory.
  GenerationHistory history = stamps.generations;
  remember(seen, history);
  const bool came_back = late_log_out_.is_due();
  return {.paused = is_paused(context_.paths),
          .setup_token_in_force = setup_token_here(),
          .login = seen.login,
          .in_memory = is_in_memory(seen),
          .superseded = seen.generation && history.is_superseded(seen.generation->hash),
          .came_back = came_back,
          .account_removed = came_back && account_is_removed(),
          .from_memory = memory_could(seen, history),
          .dealt_with = asked_about_ == state || stamps.told_about == state};
}

bool Watch::setup_token_here() const {
  const auto token = read_oauth_env(context_.paths.token_env, context_.user.uid);
  return token && !token->empty();
}

bool Watch::is_in_memory(const Observation& seen) const {
  return memory_ && seen.generation && seen.generation->hash == memory_->generation;
}

bool Watch::account_is_removed() const {
  return read_account_record(context_.paths.claude_json, context_.user.uid) ==
         AccountRecord::removed;
}

StoredDocument Watch::memory_as_document() const {
  const auto login = parse_object(memory_->login.view());
  if (!login) return {};
  return {.fields = with_backup({}, **login, context_.config.host_name, context_.clock.now())};
}

RestoreVerdict Watch::memory_could(const Observation& seen,
                                   const GenerationHistory& history) const {
  if (!memory_) return RestoreVerdict::no_document;
  const StoredDocument stored = memory_as_document();
  return RestorePlan(context_, Document(stored), {}).decide(seen, history);
}

void Watch::act(WatchStep step, const Observation& seen, const std::string& state) {
  switch (step) {
    case WatchStep::nothing:
      return;
    case WatchStep::take:
      return take(seen);
    case WatchStep::forget:
      return forget();
    case WatchStep::take_back:
      return take_back();
    case WatchStep::heal_from_memory:
      return heal(seen);
    case WatchStep::ask_store:
      if (helper_) return look_in(kAgainSoon);
      asked_about_ = state;
      return start_asking();
    case WatchStep::report:
      break;
  }
  report(seen.file.problem, state);
}

void Watch::report(std::string_view problem, const std::string& state) {
  if (asked_about_ == state) return;
  asked_about_ = state;
  context_.report(Status::fail, problem);
}

void Watch::take(const Observation& seen) {
  std::string text = dump(seen.file.login());
  memory_ = Held{.login = Secret::take(text), .generation = seen.generation->hash};
  failed_backups_ = 0;
  backup_at_ = backup_at_.or_sooner(Deadline::in(kGather));
}

void Watch::forget() {
  memory_.reset();
  backup_at_ = Deadline::never();
}

void Watch::heal(const Observation& seen) {
  const StoredDocument stored = memory_as_document();
  const Document document(stored);
  const RestorePlan plan(context_, document, {});
  const auto replaced = plan.carry_out(Deadline::in(kChangeNeeds));
  if (!replaced) return heal_later(replaced.error());
  if (*replaced == Replaced::replaced)
    context_.report(Status::recovered, "login healed from memory; the one here was " +
                                           std::string(seen.login == LocalLogin::valid
                                                           ? "a stale copy"
                                                           : claude_auth::name_of(seen.login)));
  look_in(kBetweenLooks);
}

// A lock of Claude's is busy, or the disk is full: said once, and once more where it lasts.
void Watch::heal_later(const ChangeError& error) {
  ++failed_heals_;
  if (failed_heals_ == 1)
    context_.report(Status::warn, "the login is not healed yet: " + error.sentence);
  const HealTrouble trouble = error.busy ? HealTrouble::busy : HealTrouble::broken;
  if (!told_of_heals_ && failed_heals_ >= heals_until_told(trouble)) {
    told_of_heals_ = true;
    context_.report(Status::fail, "the login cannot be healed: " + error.sentence);
  }
  look_in(heal_retry(failed_heals_));
}

// The store keeps its copy: what looked like a log-out, and was none, is not past help.
void Watch::take_back() {
  const auto still_wanted = [this](const Observation& seen, const GenerationHistory&) {
    return watch_step({.paused = is_paused(context_.paths),
                       .setup_token_in_force = setup_token_here(),
                       .login = seen.login,
                       .in_memory = is_in_memory(seen),
                       .came_back = true,
                       .account_removed = account_is_removed()}) == WatchStep::take_back;
  };
  const auto removed = remove_login(context_, still_wanted, Deadline::in(kChangeNeeds));
  if (!removed) {
    ++failed_heals_;
    if (failed_heals_ == 1)
      context_.report(Status::warn,
                      "the log-out is not carried out yet: " + removed.error().sentence);
    return late_log_out_.try_again_in(heal_retry(failed_heals_));
  }
  if (*removed == Replaced::not_wanted) return;
  context_.report(Status::warn,
                  "it was a log-out: the login healed before that showed is taken back; "
                  "`claude-auth-sync restore` brings it here again");
  forget();
}

void Watch::start_backup() {
  backup_at_ = Deadline::never();
  if (memory_ && !start(WatchChild::back_up(program_, memory_->login))) finish_backup(false);
}

void Watch::start_asking() {
  if (!start(WatchChild::ask_store(program_))) ask_again();
}

// The store failed, or could not be asked: once logins may, so may we.
void Watch::ask_again() {
  ask_again_at_ = Deadline::in(context_.config.retry_after + kGather);
}

bool Watch::start(std::expected<WatchChild, std::string> child) {
  if (!child) {
    context_.report(Status::fail, child.error());
    return false;
  }
  helper_.emplace(std::move(*child));
  return true;
}

void Watch::finish_helper() {
  const bool succeeded = helper_->end();
  if (helper_->task() == WatchChild::Task::backup)
    finish_backup(succeeded);
  else
    finish_asking();
  helper_.reset();
  look_in(kBetweenLooks);
}

// A backlog of one: whatever is in memory by then is what the next try backs up.
void Watch::finish_backup(bool succeeded) {
  failed_backups_ = succeeded ? 0 : failed_backups_ + 1;
  if (!succeeded) backup_at_ = backup_at_.or_sooner(Deadline::in(backup_retry(failed_backups_)));
}

void Watch::finish_asking() {
  const bool person = helper_->needs_person();
  // An answer about what is no longer here.
  if (asked_about_ != state_) return;
  if (!person) return ask_again();
  stamp([&](Stamps& now) { now.told_about = state_; });
  hand_over_ = has_service_manager();
}

}  // namespace

int watch(Context& context) {
  context.job = Job::watch;
  if (!is_enrolled(context)) {
    // A service that ends before it was ready has failed, in its manager's eyes.
    notify_service_manager("READY=1");
    return context.finish(Status::skip, "not enrolled: there is nothing to watch for");
  }
  return Watch(context).run();
}

}  // namespace claude_auth
