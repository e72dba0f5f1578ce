#include "jobs/doctor.h"

#include <unistd.h>

#include <string>

#include "base/secret.h"
#include "claude/live_probe.h"
#include "claude/oauth_env.h"
#include "claude/shadows.h"
#include "jobs/document.h"
#include "jobs/finding.h"
#include "jobs/home_readers.h"
#include "jobs/observe.h"
#include "jobs/open_store.h"
#include "jobs/person.h"
#include "jobs/stamps.h"

namespace claude_auth {
namespace {

class Doctor {
 public:
  Doctor(const Identity& identity, const Clock& clock) : identity_(identity), clock_(clock) {}

  int run();

 private:
  void say(Status status, const std::string& text);
  void check_session();
  void check_client();
  bool check_state();
  void check_login();
  void check_store();
  void check_shadows();
  void check_units();

  const Identity& identity_;
  const Clock& clock_;
  std::optional<Context> context_;
  Stamps stamps_;
  LoginMode mode_ = LoginMode::oauth;
  bool failed_ = false;
};

void Doctor::say(Status status, const std::string& text) {
  failed_ = failed_ || status == Status::fail;
  print({status, text});
}

int Doctor::run() {
  auto context = make_context(identity_, system_config_dirs(), clock_, Audience::log_only);
  if (!context) {
    say(Status::fail, context.error());
    return 1;
  }
  context_.emplace(std::move(*context));
  for (const std::string& warning : context_->warnings) say(Status::warn, warning);
  if (context_->warnings.empty()) say(Status::ok, "configuration");
  check_session();
  check_client();
  if (check_state()) {
    check_login();
    check_store();
  }
  check_shadows();
  check_units();
  return failed_ ? 1 : 0;
}

void Doctor::check_session() {
  if (is_paused(context_->paths))
    say(Status::warn, "paused: nothing is looked after until `claude-auth-sync resume`");
  const Secret trial = Secret::copy_of("lock me");
  if (Secret::all_memory_locked())
    say(Status::ok, "secrets are locked into memory");
  else
    say(Status::warn, "secrets cannot be locked into memory: raise RLIMIT_MEMLOCK");
}

void Doctor::check_client() {
  const std::string claude =
      find_claude(context_->config.claude_path, context_->user, context_->environment);
  if (claude.empty())
    say(Status::fail, "there is no `claude`: install Claude Code or set claude_path");
  else
    say(Status::ok, "claude is " + claude);
}

bool Doctor::check_state() {
  auto stamps = update_stamps(*context_, Deadline::in(Millis(1000)), [](Stamps&) {});
  if (!stamps) {
    say(Status::fail,
        "state cannot be kept, so no login asks the store: " + stamps.error().sentence);
    return false;
  }
  stamps_ = std::move(*stamps);
  say(Status::ok, "state in " + context_->paths.state_dir);
  return true;
}

void Doctor::check_login() {
  const auto token = read_oauth_env(context_->paths.token_env, context_->user.uid);
  if (!token) say(Status::fail, token.error().sentence());
  if (token && !token->empty()) mode_ = LoginMode::setup_token;

  const Observation seen = observe(*context_, stamps_.generations);
  const std::string text = std::string("the login is ") + name_of(seen.login);
  if (seen.login == LocalLogin::valid)
    say(Status::ok, text);
  else if (seen.login == LocalLogin::unreadable)
    say(Status::fail, seen.file.problem);
  else if (mode_ == LoginMode::setup_token)
    say(Status::ok, text + "; a setup token is in its place");
  else if (seen.login == LocalLogin::logged_out)
    say(Status::ok, text + ", by a person: `" + context_->config.login_command + "` to be back");
  else
    say(Status::fail,
        text + ": `claude-auth-sync restore`, else `" + context_->config.login_command + "`");
}

void Doctor::check_store() {
  if (!is_enrolled(*context_)) {
    say(Status::warn,
        context_->config.store == StoreKind::local
            ? "not enrolled: `claude-auth-sync backup`, once you are logged in"
            : "not enrolled: ask the admin to provision " + context_->paths.vault_token);
    return;
  }
  const Deadline deadline = Deadline::in(kPersonWaits);
  auto opened = open_store(*context_, stamps_, Retry::configured, Verify::always, deadline);
  if (!opened) return say(Status::fail, opened.error().sentence);
  const auto stored = opened->store->read(deadline);
  if (!stored) return say(Status::fail, stored.error().sentence);
  const Document document(*stored);
  say(Status::ok, "the store answers");
  if (setup_token_in_force(document, stamps_)) return say(Status::ok, "a setup token is in force");
  if (document.login_state() == RestoreSituation::Document::valid)
    say(Status::ok, "a backup is there");
  else
    say(Status::warn, "the store has no login: `claude-auth-sync backup`");
  if (document.is_of_other_host(context_->config.host_name))
    say(Status::warn, "the backup is host " + std::string(document.backed_up_by()) +
                          "'s: one store path is for one host; use setup tokens for several");
}

void Doctor::check_shadows() {
  const auto shadows =
      find_shadows(context_->user, context_->paths, context_->environment, mode_, kManagedSettings);
  for (const Shadow& shadow : shadows) say(Status::warn, shadow.what + ": " + shadow.remedy);
  if (shadows.empty()) say(Status::ok, "nothing outranks the login");
}

void Doctor::check_units() {
  for (const std::string& unit : units_that_read_homes("", {context_->user.home})) {
    say(Status::warn, home_reader_remedy(unit));
  }
}

}  // namespace

int doctor(const Identity& identity, const Clock& clock) {
  return Doctor(identity, clock).run();
}

}  // namespace claude_auth
