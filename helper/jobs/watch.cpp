#include "jobs/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

#include "base/child.h"
#include "base/errors.h"
#include "base/service_notify.h"
#include "claude/oauth_env.h"
#include "decide/watch_decision.h"
#include "jobs/change.h"
#include "jobs/document.h"
#include "jobs/login_watch.h"
#include "jobs/observe.h"
#include "jobs/restore_plan.h"
#include "jobs/stamps.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

// Backups wait this long, so that a burst of changes costs one.
constexpr Millis kGather{1'000};
// A storm of changes is looked at this often, not once a change.
constexpr Millis kBetweenLooks{20};
constexpr Millis kAgainSoon{250};
constexpr Millis kChangeNeeds{2'000};
constexpr std::chrono::seconds kChildLimit{90};
constexpr std::chrono::seconds kChildGrace{5};
// Tries to heal before it is a FAIL: more than the minute for which a dead client's lock is busy.
constexpr int kHealsUntilFail = 10;

/// The newest valid login, on guarded memory.
struct Held {
  Secret login;  // the claudeAiOauth object as JSON
  std::string generation;
};

/// A short child that does network work.
struct Helper {
  enum class Task { backup, ask_store } task;
  Child child;
  UniqueFd output;
  Deadline limit;
};

std::string own_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : "";
}

// The signals that end the watch, as a descriptor: they arrive between two steps, never in one.
UniqueFd end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** one = environ; *one != nullptr; ++one)
    // The manager hears from the watch alone.
    if (!std::string_view(*one).starts_with("NOTIFY_SOCKET=")) variables.emplace_back(*one);
  return variables;
}

// A pipe that holds `text` whole, ready to be read to its end.
UniqueFd pipe_with(std::string_view text) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  if (text.size() > PIPE_BUF) ::fcntl(writing.get(), F_SETPIPE_SZ, static_cast<int>(text.size()));
  ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  const ssize_t written = ::write(writing.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? std::move(reading) : UniqueFd();
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
  void heal_later(const std::string& problem);
  void report(std::string_view problem, const std::string& state);
  [[nodiscard]] bool start(Helper::Task task);
  bool not_started(int error);
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
  [[nodiscard]] Deadline next_turn() const;
  void look_in(Millis span) { look_at_ = look_at_.or_sooner(Deadline::in(span)); }

  template <typename Change>
  bool stamp(Change change);

  Context& context_;
  LoginWatch files_;
  std::string program_;
  std::optional<Held> memory_;
  std::optional<Helper> helper_;
  Deadline look_at_ = Deadline::in(Millis(0));
  // The first change is looked at as it comes: what it brings may not be there for long.
  Deadline quiet_until_ = Deadline::in(Millis(0));
  Deadline backup_at_ = Deadline::never();
  int failed_backups_ = 0;
  int failed_heals_ = 0;                     // of this state
  std::string state_;                        // as last seen: name_state
  Deadline settled_at_ = Deadline::never();  // when that state may be acted upon
  std::string asked_about_;                  // the state that the store was asked about
  Deadline ask_again_at_ = Deadline::never();
  bool hand_over_ = false;  // end, so that the manager calls somebody
};

template <typename Change>
bool Watch::stamp(Change change) {
  const auto stamps = update_stamps(context_, Deadline::in(kChangeNeeds), change);
  if (!stamps) context_.log.line(Status::fail, stamps.error());
  return stamps.has_value();
}

int Watch::run() {
  const UniqueFd signals = end_signals();
  clear_dead_locks(context_);
  notify_service_manager("READY=1");
  while (!hand_over_) {
    std::array<pollfd, 3> events{pollfd{signals.get(), POLLIN, 0}, pollfd{files_.fd(), POLLIN, 0},
                                 pollfd{helper_ ? helper_->child.pidfd() : -1, POLLIN, 0}};
    const int ready = ::poll(events.data(), events.size(), next_turn().poll_timeout());
    if (ready < 0 && errno != EINTR) return context_.finish(Status::fail, errno_text(errno));
    if (ready > 0 && events[0].revents != 0) break;
    if (ready > 0 && events[1].revents != 0 && files_.drain()) look_in(quiet_until_.remaining());
    const bool helper_ended = ready > 0 && events[2].revents != 0;
    if (helper_ && (helper_ended || helper_->limit.passed())) finish_helper();
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
  // It may hold Claude's locks, which it gives back before it heeds a TERM.
  if (helper_) helper_->child.stop(kChildGrace);
  return hand_over_ ? kPersonNeeded : 0;
}

Deadline Watch::next_turn() const {
  Deadline next = look_at_.or_sooner(ask_again_at_);
  if (!helper_) next = next.or_sooner(backup_at_);
  if (helper_) next = next.or_sooner(helper_->limit);
  if (const auto poll = files_.poll_interval()) next = next.or_sooner(Deadline::in(*poll));
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
  if (is_settling(seen, state)) return;
  const WatchStep step = watch_step(situation(seen, *stamps, state));
  GenerationHistory after = stamps->generations;
  const bool told_before =
      seen.generation && !stamps->told_about.empty() && stamps->told_about != state;
  if (remember(seen, after) || told_before)
    stamp([&](Stamps& now) {
      remember(seen, now.generations);
      if (told_before) now.told_about.clear();
    });
  act(step, seen, state);
}

WatchSituation Watch::situation(const Observation& seen, const Stamps& stamps,
                                const std::string& state) const {
  const std::string hash = seen.generation ? seen.generation->hash : "";
  // As it will be once this is stamped: a wipe is the death of the generation in memory.
  GenerationHistory history = stamps.generations;
  remember(seen, history);
  return {.paused = is_paused(context_.paths),
          .setup_token_in_force = setup_token_here(),
          .login = seen.login,
          .in_memory = memory_ && memory_->generation == hash,
          .superseded = history.is_superseded(hash),
          .from_memory = memory_could(seen, history),
          .dealt_with = asked_about_ == state || stamps.told_about == state};
}

bool Watch::setup_token_here() const {
  const auto token = read_oauth_env(context_.paths.token_env, context_.user.uid);
  return token && !token->empty();
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
      memory_.reset();
      backup_at_ = Deadline::never();
      return;
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
  context_.log.line(Status::fail, problem);
}

void Watch::take(const Observation& seen) {
  std::string text = dump(seen.file.login());
  memory_ = Held{.login = Secret::take(text), .generation = seen.generation->hash};
  failed_backups_ = 0;
  backup_at_ = backup_at_.or_sooner(Deadline::in(kGather));
}

void Watch::heal(const Observation& seen) {
  const StoredDocument stored = memory_as_document();
  const Document document(stored);
  const RestorePlan plan(context_, document, {});
  const auto replaced = plan.carry_out(Deadline::in(kChangeNeeds));
  if (!replaced) return heal_later(replaced.error());
  if (*replaced == Replaced::replaced)
    context_.log.line(Status::recovered, "login healed from memory; the one here was " +
                                             std::string(seen.login == LocalLogin::valid
                                                             ? "a stale copy"
                                                             : claude_auth::name_of(seen.login)));
  look_in(kBetweenLooks);
}

// A lock of Claude's is busy, or the disk is full: said once, and once more where it lasts.
void Watch::heal_later(const std::string& problem) {
  ++failed_heals_;
  if (failed_heals_ == 1)
    context_.log.line(Status::warn, "the login is not healed yet: " + problem);
  if (failed_heals_ == kHealsUntilFail)
    context_.log.line(Status::fail, "the login cannot be healed: " + problem);
  look_in(heal_retry(failed_heals_));
}

void Watch::start_backup() {
  backup_at_ = Deadline::never();
  if (memory_ && !start(Helper::Task::backup)) finish_backup(false);
}

void Watch::start_asking() {
  if (!start(Helper::Task::ask_store)) ask_again();
}

// The store failed, or could not be asked: once logins may, so may we.
void Watch::ask_again() {
  ask_again_at_ = Deadline::in(context_.config.retry_after + kGather);
}

bool Watch::start(Helper::Task task) {
  const bool backup = task == Helper::Task::backup;
  Command command{
      .path = program_, .arguments = {"claude-auth-sync"}, .environment = own_environment()};
  for (const char* argument :
       backup ? std::array{"backup", "--from-stdin"} : std::array{"login", "--codes"})
    command.arguments.emplace_back(argument);
  if (backup) command.standard_input = pipe_with(memory_->login.view());

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return not_started(errno);
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  auto child = Child::start(std::move(command), writing.get(), -1);
  if (!child) return not_started(child.error());
  helper_.emplace(Helper{.task = task,
                         .child = std::move(*child),
                         .output = std::move(reading),
                         .limit = Deadline::in(kChildLimit)});
  return true;
}

bool Watch::not_started(int error) {
  context_.log.line(Status::fail, "cannot start " + program_ + ": " + errno_text(error));
  return false;
}

void Watch::finish_helper() {
  const int status = helper_->child.stop(kChildGrace);
  if (helper_->task == Helper::Task::backup)
    finish_backup(status == 0);
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

// The child has logged what it found; its codes tell whether a person has to act.
void Watch::finish_asking() {
  std::array<char, login_pipe::kMaxBytes> said{};
  ::fcntl(helper_->output.get(), F_SETFL, O_NONBLOCK);
  const ssize_t length = ::read(helper_->output.get(), said.data(), said.size());
  const std::string_view codes(said.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::string needed = std::string{login_pipe::kNotice, ' '} +
                             std::to_string(static_cast<int>(login_pipe::Notice::login_needed));
  const bool person = codes.contains(needed + ' ');
  sodium_memzero(said.data(), said.size());
  // An answer about what is no longer here.
  if (asked_about_ != state_) return;
  if (!person) return ask_again();
  stamp([&](Stamps& now) { now.told_about = state_; });
  hand_over_ = has_service_manager();
}

}  // namespace

int watch(Context& context) {
  if (!is_enrolled(context)) {
    // A service that ends before it was ready has failed, in its manager's eyes.
    notify_service_manager("READY=1");
    return context.finish(Status::skip, "not enrolled: there is nothing to watch for");
  }
  return Watch(context).run();
}

}  // namespace claude_auth
