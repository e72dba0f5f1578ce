// claude-auth-sync: parses its arguments and calls one job.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "base/secret.h"
#include "base/service_notify.h"
#include "jobs/backup.h"
#include "jobs/context.h"
#include "jobs/doctor.h"
#include "jobs/exec.h"
#include "jobs/login.h"
#include "jobs/pause.h"
#include "jobs/refusal.h"
#include "jobs/restore.h"
#include "jobs/setup_token.h"
#include "jobs/status.h"
#include "jobs/sync.h"
#include "jobs/vault_token.h"
#include "jobs/watch.h"

namespace {

using namespace claude_auth;

constexpr char kName[] = "claude-auth-sync";

/// What the options say.
struct Options {
  bool pam = false;
  bool codes = false;
  bool debug = false;
  LoginDeadlines deadlines;
  std::string from_host;
  bool no_check = false;
  bool from_stdin = false;
  bool fetch = false;
  bool json = false;
  bool local = false;
  std::vector<std::string> command;
};

/// What a job that was not begun answers in its place; gives the exit status.
using Refusal = std::function<int(const Identity& identity, const std::string& problem)>;

int as_user(const Options& options, const std::function<int(const Identity&)>& job) {
  const auto identity = identify(options.pam ? Caller::pam : Caller::person);
  if (identity) return job(*identity);
  std::fprintf(stderr, "%s: %s\n", kName, identity.error().c_str());
  return 1;
}

// The journal has each line already, from syslog and with the user's name.
Audience audience_of(const Options& options) {
  return options.pam || is_journal_stream(STDERR_FILENO) ? Audience::log_only : Audience::person;
}

int in_context(const Options& options, const std::function<int(Context&)>& job,
               const Refusal& refused) {
  return as_user(options, [&](const Identity& identity) {
    const Clock clock;
    auto context = make_context(identity, system_config_dirs(), clock, audience_of(options));
    return context ? job(*context) : refused(identity, context.error());
  });
}

int in_context(const Options& options, const std::function<int(Context&)>& job) {
  return in_context(options, job, [&](const Identity& identity, const std::string& problem) {
    report_refusal(identity, Clock(), audience_of(options), problem);
    return 1;
  });
}

int run_login(const Options& options) {
  return in_context(options, [&](Context& context) {
    ReplyWriter reply(options.pam || options.codes ? STDOUT_FILENO : -1);
    return login(context, options.deadlines, reply);
  });
}

// That it cannot begin is for its manager and the log to hear once. Started again over the same
// refusal, it waits.
int run_watch(const Options& options) {
  return in_context(options, watch, [&](const Identity& identity, const std::string& problem) {
    const Clock clock;
    const Audience audience = audience_of(options);
    if (has_service_manager() && is_reported_refusal(identity, problem)) {
      Context context =
          wait_for_configuration(identity, system_config_dirs(), clock, audience, problem);
      return watch(context);
    }
    report_refusal(identity, clock, audience, problem);
    return 1;
  });
}

int run_status(const Options& options) {
  const Reach reach = options.local ? Reach::this_host : Reach::everywhere;
  if (!options.json)
    return in_context(options, [&](Context& context) { return status(context, reach); });
  return in_context(
      options, [&](Context& context) { return print_status_json(gather_status(context, reach)); },
      [](const Identity& identity, const std::string& problem) {
        return print_status_json(status_without_configuration(identity, Clock().now(), problem));
      });
}

int run_check_vault_token(const Options& options) {
  return in_context(
      options,
      [](Context& context) {
        print_vault_token(check_vault_token(context));
        return 0;
      },
      [](const Identity&, const std::string& problem) {
        print_vault_token({.state = VaultTokenState::unknown, .problem = problem, .facts = {}});
        return 1;
      });
}

Subcommand login_subcommand(Options& options) {
  constexpr int kLongest = 600'000;
  return {
      .name = "login",
      .summary = "What pam_claude.so runs at session open",
      .options = {flag("pam", options.pam, "Speak to pam_claude.so on standard output"),
                  flag("codes", options.codes, "Speak as with --pam, but as a person's process"),
                  flag("debug", options.debug, "Accepted for pam_claude.so's sake"),
                  number_option(
                      "timeout", "MS", 1, kLongest,
                      [&](int ms) { options.deadlines.total = Millis(ms); },
                      "Deadline in ms when nothing usable is here"),
                  number_option(
                      "refresh-timeout", "MS", 1, kLongest,
                      [&](int ms) { options.deadlines.refresh = Millis(ms); },
                      "Deadline in ms when something is")},
      .run = [&] { return run_login(options); },
  };
}

std::vector<Subcommand> subcommands(Options& options) {
  // A job that needs nothing but its context.
  const auto plain = [&options](int (*job)(Context&)) {
    return [&options, job] { return in_context(options, job); };
  };
  return {
      {.name = "sync",
       .summary = "Check, heal and back up everything; the default",
       .run = plain(sync)},
      login_subcommand(options),
      {.name = "watch",
       .summary = "Stay, back every new login up and heal what breaks",
       .run = [&] { return run_watch(options); }},
      {.name = "backup",
       .summary = "Back the login up into the store",
       .options = {flag("from-stdin", options.from_stdin,
                        "Back up a claudeAiOauth object from a pipe")},
       .run =
           [&] {
             const auto source =
                 options.from_stdin ? BackupSource::standard_input : BackupSource::file;
             return in_context(options, [&](Context& context) { return backup(context, source); });
           }},
      {.name = "restore",
       .summary = "Bring the login back from the store, even after a log-out",
       .options = {text_option("from-host", "NAME", options.from_host,
                               "Take the login that host NAME backed up")},
       .run =
           [&] {
             return in_context(
                 options, [&](Context& context) { return restore(context, options.from_host); });
           }},
      {.name = "status",
       .summary = "Show the login, its backup and the setup token",
       .options = {flag("json", options.json, "For programs: one JSON object"),
                   flag("local", options.local, "Do not ask a store on the network")},
       .run = [&] { return run_status(options); }},
      {.name = "doctor",
       .summary = "Check everything that the login depends on",
       .run =
           [&] {
             return as_user(options,
                            [](const Identity& identity) { return doctor(identity, Clock()); });
           }},
      {.name = "setup-token set",
       .summary = "Put a setup token from a prompt or standard input in force",
       .options = {flag("no-check", options.no_check, "Do not try it with `claude` first")},
       .run =
           [&] {
             const auto check = options.no_check ? TokenCheck::take_my_word : TokenCheck::try_it;
             return in_context(options,
                               [&](Context& context) { return set_setup_token(context, check); });
           }},
      {.name = "setup-token remove",
       .summary = "Take the setup token out of store and sessions",
       .run = plain(remove_setup_token)},
      {.name = "vault-token set",
       .summary = "Keep a Vault token from a prompt or standard input",
       .run = plain(set_vault_token)},
      {.name = "vault-token check",
       .summary = "Ask the server whose token it is, as JSON",
       .run = [&] { return run_check_vault_token(options); }},
      {.name = "vault-token remove",
       .summary = "Remove the Vault token's file",
       .run = plain(remove_vault_token)},
      {.name = "pause", .summary = "Leave this user alone until `resume`", .run = plain(pause)},
      {.name = "resume", .summary = "End `pause`", .run = plain(resume)},
      {.name = "exec",
       .summary = "Run a command with the setup token in its environment",
       .options = {flag("fetch", options.fetch, "Ask the store for the token first")},
       .operands = {.name = "COMMAND [ARGUMENT]...", .target = &options.command},
       .run =
           [&] {
             return as_user(options, [&](const Identity& identity) {
               return exec_command(identity,
                                   options.fetch ? ExecSource::store_first : ExecSource::local,
                                   options.command);
             });
           }},
  };
}

int parse_and_run(int argc, char** argv) {
  Options options;
  const Program program{.name = kName,
                        .version = CLAUDE_AUTH_VERSION,
                        .summary = "Keeps a user's Claude Code login backed up and brings it back.",
                        .manual = "claude-auth-sync(1)",
                        .subcommands = subcommands(options)};
  const auto command = parse_command_line(program, argc, argv);
  return command ? (*command)->run() : command.error();
}

}  // namespace

int main(int argc, char** argv) {
  if (!guard_process()) {
    std::fputs("claude-auth-sync: libsodium cannot be initialised\n", stderr);
    return 1;
  }
  // Neither a module that stopped listening nor a limit on the size of files must kill a job that
  // holds locks: both are errors of a write.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  try {
    end_process(parse_and_run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "claude-auth-sync: %s\n", error.what());
    return 1;
  }
}
