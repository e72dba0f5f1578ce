// A job that writes, killed at each of its system calls in turn, and again with each of a few
// errors at each call that changes something: what is there is the old or the new, whole, and the
// next run makes it the new.
//
//   crash_consistency JOB bounded|full
#include <errno.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "crash_jobs.h"
#include "scratch_directory.h"

namespace claude_auth::testing {
namespace {

/// One way to be harmed.
struct Column {
  Harm harm;
  int error;
  const char* name;
};

constexpr Column kColumns[] = {
    {Harm::kill, 0, "killed"},      {Harm::fail, ENOSPC, "ENOSPC"}, {Harm::fail, EIO, "EIO"},
    {Harm::fail, EDQUOT, "EDQUOT"}, {Harm::fail, EINTR, "EINTR"},   {Harm::shorten, 0, "short"},
};

// Of the bounded size: faults of each column.
constexpr std::size_t kKillsAtMost = 40;
constexpr std::size_t kErrorsAtMost = 6;
// A job that takes seconds: so many times less, and in full each third.
constexpr std::size_t kPatience = 6;
constexpr std::size_t kSlowStep = 3;
constexpr int kFailuresShown = 20;

/// What a job leaves behind where nothing goes wrong, and what was there before.
struct Undisturbed {
  Remains before;
  Remains after;
  std::vector<SystemCall> calls;
};

bool succeeded(int wait_status) {
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

bool same_contents(const Remains& one, const Remains& other) {
  return one.credentials == other.credentials && one.token_env == other.token_env &&
         one.vault_token == other.vault_token && one.document == other.document;
}

/// A file that is there to be locked by flock(2), which ends with its holder.
bool is_flock(const std::string& file) {
  return file.starts_with(".local/state/") && file.ends_with("lock");
}

class Proof {
 public:
  Proof(CrashHome& home, const CrashJob& job) : home_(home), job_(job) {
    job.prepare(home);
    home.keep();
  }

  /// Runs the job in peace. False where it does not do what it is there for.
  bool count_calls();
  /// All faults of a column, or every so many of them. How many there were.
  std::size_t harm(const Column& column, bool bounded);

  [[nodiscard]] std::size_t calls() const { return undisturbed_.calls.size(); }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  [[nodiscard]] std::size_t faults_of(Harm harm) const;
  void try_one(const Column& column, std::size_t at);
  [[nodiscard]] bool says_success() const;
  void check_unharmed(const Remains& now);
  bool run_again(const BeforeWaiting& while_it_waits);
  void check_next_run();
  TracedRun run(const std::optional<SystemCallFault>& fault, const BeforeWaiting& meanwhile) {
    return run_traced(home_.command(job_.arguments, job_.input), fault, meanwhile, kJobTakes);
  }
  [[nodiscard]] BeforeWaiting meanwhile() const {
    return job_.meanwhile != nullptr ? job_.meanwhile(home_) : BeforeWaiting();
  }
  void expect(bool holds, const std::string& what);
  void expect_one_of(const char* what, const std::string& found,
                     std::initializer_list<std::string> allowed);

  CrashHome& home_;
  const CrashJob& job_;
  Undisturbed undisturbed_;
  std::size_t log_before_ = 0;
  std::string wiped_;
  std::string fault_;  // in words
  int failures_ = 0;
};

void Proof::expect(bool holds, const std::string& what) {
  if (holds) return;
  if (++failures_ <= kFailuresShown)
    std::printf("%s: %s\n  the log: %s\n", fault_.c_str(), what.c_str(), home_.log().c_str());
}

void Proof::expect_one_of(const char* what, const std::string& found,
                          std::initializer_list<std::string> allowed) {
  expect(std::ranges::find(allowed, found) != allowed.end(),
         std::string(what) + " is neither the old one nor the new one: " + found);
}

bool Proof::count_calls() {
  fault_ = "undisturbed";
  if (job_.meanwhile != nullptr) {
    home_.wipe();
    wiped_ = home_.look().credentials;
  }
  home_.put_back();
  undisturbed_.before = home_.look();
  log_before_ = home_.log().size();
  const TracedRun run = this->run({}, meanwhile());
  undisturbed_.calls = run.calls;
  undisturbed_.after = home_.look();
  expect(succeeded(run.wait_status), "it fails");
  expect(job_.meanwhile != nullptr || !same_contents(undisturbed_.before, undisturbed_.after) ||
             undisturbed_.before.files != undisturbed_.after.files,
         "it does nothing");
  return failures_ == 0;
}

std::size_t Proof::faults_of(Harm harm) const {
  const auto& calls = undisturbed_.calls;
  const auto count = [&](auto selects) {
    return static_cast<std::size_t>(std::ranges::count_if(calls, selects));
  };
  switch (harm) {
    case Harm::kill:
      return calls.size();
    case Harm::fail:
      return count(&SystemCall::changes_something);
    case Harm::shorten:
      break;
  }
  return count(&SystemCall::can_be_shortened);
}

std::size_t Proof::harm(const Column& column, bool bounded) {
  const std::size_t all = faults_of(column.harm);
  const std::size_t most = (column.harm == Harm::kill ? kKillsAtMost : kErrorsAtMost) /
                           (job_.takes_seconds ? kPatience : 1);
  const std::size_t step = bounded              ? std::max<std::size_t>(1, (all + most - 1) / most)
                           : job_.takes_seconds ? kSlowStep
                                                : 1;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < all; at += step, ++tried) try_one(column, at);
  return tried;
}

void Proof::try_one(const Column& column, std::size_t at) {
  home_.put_back();
  const BeforeWaiting while_it_waits = meanwhile();
  const TracedRun harmed =
      run(SystemCallFault{.harm = column.harm, .at = at, .error = column.error}, while_it_waits);
  fault_ = std::string(job_.name) + ": " + column.name + " at " + std::to_string(at) +
           (harmed.harmed ? " (" + harmed.harmed->name() + ")" : "");
  expect(!harmed.timed_out, "it does not end");
  const Remains now = home_.look();
  check_unharmed(now);
  if (says_success())
    expect(same_contents(now, undisturbed_.after), "it says that it succeeded, and did not");
  expect(run_again(while_it_waits), "the next run fails");
  check_next_run();
}

/// In peace, and by itself where it can. Whether it succeeded.
bool Proof::run_again(const BeforeWaiting& while_it_waits) {
  if (!while_it_waits) return home_.run(job_.arguments, job_.input) == 0;
  const TracedRun next = run({}, while_it_waits);
  return !next.timed_out && succeeded(next.wait_status);
}

/// By its last line. A WARN promises nothing.
bool Proof::says_success() const {
  std::string log = home_.log();
  if (log.size() <= log_before_) return false;
  log.pop_back();
  const std::string last = log.substr(log.rfind('\n') + 1);
  return last.contains(" OK ") || last.contains(" RECOVERED ");
}

void Proof::check_unharmed(const Remains& now) {
  const auto& [before, after, calls] = undisturbed_;
  expect_one_of(
      "the credentials file", now.credentials,
      {before.credentials, after.credentials, wiped_.empty() ? after.credentials : wiped_});
  expect_one_of("the env file", now.token_env, {before.token_env, after.token_env});
  expect_one_of("the Vault token", now.vault_token, {before.vault_token, after.vault_token});
  expect_one_of("the document", now.document, {before.document, after.document});
  expect(now.memory_is_whole, "a file of the state is not whole");
}

void Proof::check_next_run() {
  const Remains now = home_.look();
  const Remains& wanted = undisturbed_.after;
  expect(now.credentials == wanted.credentials, "not the new credentials file after the next run");
  expect(now.token_env == wanted.token_env, "not the new env file after the next run");
  expect(now.vault_token == wanted.vault_token, "not the new Vault token after the next run");
  expect(now.document == wanted.document, "not the new document after the next run");
  for (const std::string& file : now.files)
    expect(wanted.files.contains(file) || is_flock(file),
           "left behind after the next run: " + file);
  for (const std::string& file : wanted.files)
    expect(now.files.contains(file), "missing after the next run: " + file);
  expect(now.temporary == 0, "something is left in TMPDIR after the next run");
}

int prove(const CrashJob& job, bool bounded) {
  const ScratchDirectory scratch;
  CrashHome::enter(scratch.path());
  CrashHome home(scratch.path(), job.store);
  Proof proof(home, job);
  if (!proof.count_calls()) return 1;
  std::string row = "| " + std::string(job.what) + " | " + std::to_string(proof.calls());
  for (const Column& column : kColumns) row += " | " + std::to_string(proof.harm(column, bounded));
  std::printf("figure: %s |\n%d failures\n", row.c_str(), proof.failures());
  return proof.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  for (const CrashJob& job : crash_jobs())
    if (argc == 3 && job.name == argv[1]) return prove(job, std::string_view(argv[2]) != "full");
  std::fputs("usage: crash_consistency JOB bounded|full\n", stderr);
  return 2;
}
