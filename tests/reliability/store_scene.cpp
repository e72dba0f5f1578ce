#include "store_scene.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <utility>

#include "base/child.h"
#include "base/json.h"
#include "scratch_directory.h"
#include "temporary_directory.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

/// Start and end of a process on a machine with more to do.
constexpr Millis kBesides{600};

constexpr const char* kNotWhy = "does not say why";

void configure(const Front& front, const std::string& scratch, const Patience& patience) {
  test::put("/etc/claude-auth-sync.conf",
            "store = vault\nhost_name = this-host\nfresh_for = 0\nclaude_path = " + scratch +
                "/disk/claude\n[vault]\naddress = " + front.address + "\nrequest_timeout = " +
                std::to_string(patience.request.count()) + "\n" + front.settings,
            0644);
}

/// As if the clock had been set meanwhile.
void move_stamps(const CrashHome& home, std::chrono::hours by) {
  const std::string& path = home.paths().state;
  const Json state = parse_object(test::contents(path)).value();
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(state.get(), key, value) {
    if (std::string_view(key).ends_with("_at_ms"))
      json_integer_set(value, json_integer_value(value) + Millis(by).count());
  }
  test::put(path, dump(state.get()));
}

/// The lines of a log from `from` on, without their times. False where one is not of the form.
bool take_lines(const std::string& log, std::size_t from, std::string& lines) {
  static const std::regex form("[0-9-]{10}T[0-9:]{8}Z ((?:OK|SKIP|WARN|RECOVERED|FAIL) [ -~]+)\n");
  std::string rest = log.substr(from);
  std::smatch match;
  while (std::regex_search(rest, match, form, std::regex_constants::match_continuous)) {
    lines += match[1].str() + "\n";
    rest = match.suffix();
  }
  return rest.empty();
}

/// What differs from run to run, or only names the call: the same words for every job.
std::string without_accidents(std::string said) {
  static const std::pair<std::regex, const char*> rules[] = {
      {std::regex("(https?://)?127\\.0\\.0\\.1:[0-9]+"), "SERVER"},
      {std::regex("https://vault\\.example:[0-9]+"), "SERVER"},
      {std::regex("(unix://)?/[^ ]*/agent\\.sock"), "SOCKET"},
      {std::regex("127\\.0\\.0\\.1 port [0-9]+|vault\\.example port [0-9]+"), "SERVER"},
      {std::regex("after [0-9]+ ms"), "after N ms"},
      {std::regex("after [0-9]+ milliseconds"), "after N ms"},
      {std::regex("[0-9]+ out of [0-9]+ bytes"), "N bytes"},
      {std::regex("[0-9]+ bytes"), "N bytes"},
      {std::regex("vault: (reading|writing) secret/[^:]*: "), "vault: CALL: "},
      {std::regex("vault: (looking up|renewing) the [^:]*: "), "vault: CALL: "},
      {std::regex("^(FAIL|WARN|OK|RECOVERED|SKIP) "), ""},
      {std::regex("; the login here is lost and could not be restored$"), ""},
      {std::regex("; what is here stays as it is$"), ""},
      {std::regex("backed up .*"), "backed up TIME"},
  };
  for (const auto& [rule, plain] : rules) said = std::regex_replace(said, rule, plain);
  return said;
}

Comes expected(const StoreFault& fault, const StoreJob& job) {
  if ((fault.disturbs & job.asks) == 0) return Comes::to_its_end;
  if (fault.comes == Comes::to_a_retry) return job.is_login ? Comes::to_nothing : Comes::to_its_end;
  return fault.comes;
}

const char* name_of(Comes comes) {
  switch (comes) {
    case Comes::to_nothing:
      return "nothing changed";
    case Comes::to_an_absence:
      return "taken for absent";
    case Comes::to_its_end:
    case Comes::to_a_retry:
      break;
  }
  return "done";
}

bool same_contents(const Done& done) {
  return done.before.credentials == done.after.credentials &&
         done.before.token_env == done.after.token_env &&
         done.before.vault_token == done.after.vault_token &&
         done.before.document == done.after.document;
}

/// A list of what is wrong.
class Complaints {
 public:
  void unless(bool holds, const std::string& what) {
    if (!holds) text_ += (text_.empty() ? "" : "; ") + what;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void check_failure(Complaints& complain, const StoreFault& fault, const StoreJob& job,
                   const Done& done) {
  const std::string words = last_words(done);
  complain.unless(same_contents(done), "something changed");
  complain.unless(done.exit_status == job.fails_with, "another exit status");
  complain.unless(words.starts_with(job.fails_as), "not " + std::string(job.fails_as));
  complain.unless(words.contains(fault.says) && !words.empty(), kNotWhy);
  complain.unless(job.unharmed(done), "the session loses its token");
}

void check_absence(Complaints& complain, const Done& done) {
  complain.unless(done.before.credentials == done.after.credentials, "the credentials changed");
  complain.unless(done.before.vault_token == done.after.vault_token, "the Vault token changed");
  complain.unless(done.before.document == done.after.document, "the document changed");
}

void check_everything(Complaints& complain, const StoreJob& job, const Done& done) {
  complain.unless(done.after.memory_is_whole, "a file of the state is not whole");
  complain.unless(done.after.temporary == 0, "something is left in TMPDIR");
  complain.unless(!done.log.contains("TEST-"), "a secret in the log");
  complain.unless(job.is_login || !done.output.contains("TEST-"), "a secret in the output");
  for (const std::string& file : done.after.files)
    complain.unless(done.before.files.contains(file) || file.starts_with(".local/") ||
                        file.ends_with("/claude-oauth.env"),
                    "left behind: " + file);
}

}  // namespace

SceneResult play_scene(const StoreFault& fault, const StoreJob& job, const Patience& patience) {
  const ScratchDirectory scratch;
  CrashHome::enter(scratch.path());
  const CrashHome home(scratch.path(), StoreKind::vault);
  job.prepare(home);
  if (fault.stamps_off != 0h) move_stamps(home, fault.stamps_off);
  VaultSettings store;
  store.address = home.vault_address();
  const Front front = fault.make({.behind = behind(store), .scratch = scratch.path()});
  configure(front, scratch.path(), patience);

  Done done{.before = home.look(), .after = {}, .exit_status = -1, .output = {}, .log = {}};
  const std::size_t logged = home.log().size();
  const auto start = std::chrono::steady_clock::now();
  const auto finished = home.finish(job.arguments(patience), std::string(job.input));
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  done.after = home.look();
  if (WIFEXITED(finished.wait_status)) done.exit_status = WEXITSTATUS(finished.wait_status);
  done.output = finished.standard_output;

  Complaints complain;
  complain.unless(take_lines(home.log(), logged, done.log), "a line that is no status line");
  const Comes comes = expected(fault, job);
  if (comes == Comes::to_nothing) check_failure(complain, fault, job, done);
  if (comes == Comes::to_an_absence) check_absence(complain, done);
  if (comes == Comes::to_its_end) {
    complain.unless(job.succeeded(done), "it did not do what it is there for");
    complain.unless(done.exit_status == 0, "another exit status");
    if (fault.comes == Comes::to_its_end && (fault.disturbs & job.asks) != 0)
      complain.unless(done.log.contains(fault.says), "does not say so");
  }
  check_everything(complain, job, done);
  complain.unless(took <= job.limit(patience) + kBesides, "late");
  complain.unless(front.complaint().empty(), front.complaint());

  SceneResult result{.said = without_accidents(last_words(done)),
                     .came = name_of(comes),
                     .exit_status = done.exit_status,
                     .took = took,
                     .starved = complain.text() == kNotWhy && !fault.waits &&
                                last_words(done).contains("timed out after"),
                     .wrong = complain.text()};
  if (!result.wrong.empty()) result.wrong += " | " + done.log + done.output;
  return result;
}

}  // namespace claude_auth::testing
