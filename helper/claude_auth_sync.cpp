// claude-auth-sync: parses its arguments and calls one job.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "base/secret.h"
#include "base/service_notify.h"
#include "jobs/backup.h"
#include "jobs/context.h"
#include "jobs/doctor.h"
#include "jobs/exec.h"
#include "jobs/login.h"
#include "jobs/pause.h"
#include "jobs/restore.h"
#include "jobs/setup_token.h"
#include "jobs/status.h"
#include "jobs/sync.h"
#include "jobs/vault_token.h"
#include "jobs/watch.h"

namespace {

using namespace claude_auth;

constexpr int kUsageError = 2;

/// The command line, parsed.
struct Arguments {
  CLI::App app{"Keeps a user's Claude Code login backed up and brings it back."};
  CLI::App* login = nullptr;
  CLI::App* backup = nullptr;
  CLI::App* restore = nullptr;
  CLI::App* status = nullptr;
  CLI::App* set_token = nullptr;
  CLI::App* remove_token = nullptr;
  CLI::App* set_vault_token = nullptr;
  CLI::App* check_vault_token = nullptr;
  CLI::App* remove_vault_token = nullptr;
  CLI::App* pause = nullptr;
  CLI::App* resume = nullptr;
  CLI::App* exec = nullptr;
  CLI::App* watch = nullptr;
  CLI::App* doctor = nullptr;

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

  Arguments() {
    app.name("claude-auth-sync");
    app.set_version_flag("--version", "claude-auth-sync " CLAUDE_AUTH_VERSION);
    app.require_subcommand(0, 1);
    app.add_subcommand("sync", "Check, heal and back up everything; the default");
    add_login();
    watch = app.add_subcommand("watch", "Stay, back every new login up and heal what breaks");
    backup = app.add_subcommand("backup", "Back the login up into the store");
    backup->add_flag("--from-stdin", from_stdin, "Back up a claudeAiOauth object from a pipe");
    restore = app.add_subcommand("restore",
                                 "Bring the login back from the store, even after a "
                                 "log-out");
    restore->add_option("--from-host", from_host, "Take the login that host NAME backed up")
        ->option_text("NAME");
    status = app.add_subcommand("status", "Show the login, its backup and the setup token");
    status->add_flag("--json", json, "For programs: one JSON object");
    status->add_flag("--local", local, "Do not ask a store on the network");
    doctor = app.add_subcommand("doctor", "Check everything that the login depends on");
    auto* token = app.add_subcommand("setup-token", "Put a setup token in force, or out of it");
    token->require_subcommand(1);
    set_token = token->add_subcommand("set", "Read a setup token from a prompt or standard input");
    set_token->add_flag("--no-check", no_check, "Do not try it with `claude` first");
    remove_token =
        token->add_subcommand("remove", "Take the setup token out of store and sessions");
    add_vault_token();
    pause = app.add_subcommand("pause", "Leave this user alone until `resume`");
    resume = app.add_subcommand("resume", "End `pause`");
    add_exec();
    app.footer("See claude-auth-sync(1).");
  }

 private:
  void add_vault_token() {
    auto* token =
        app.add_subcommand("vault-token", "The scoped Vault token, as admins provision it");
    token->require_subcommand(1);
    set_vault_token =
        token->add_subcommand("set", "Read a Vault token from a prompt or standard input");
    check_vault_token = token->add_subcommand("check", "Ask the server whose token it is, as JSON");
    remove_vault_token = token->add_subcommand("remove", "Remove the token's file");
  }

  void add_exec() {
    exec = app.add_subcommand("exec", "Run a command with the setup token in its environment");
    exec->add_flag("--fetch", fetch, "Ask the store for the token first");
    exec->add_option("command", command, "The command and its arguments, after --")
        ->required()
        ->option_text("-- COMMAND...");
    exec->positionals_at_end();
  }

  void add_login() {
    login = app.add_subcommand("login", "What pam_claude.so runs at session open");
    login->add_flag("--pam", pam, "Speak to pam_claude.so on standard output");
    login->add_flag("--codes", codes, "Speak as with --pam, but as a person's own process");
    login->add_flag("--debug", debug, "Accepted for pam_claude.so's sake");
    const auto milliseconds = CLI::Range(1, 600'000);
    login
        ->add_option_function<int>(
            "--timeout", [this](int ms) { deadlines.total = Millis(ms); },
            "Deadline in ms when nothing usable is here")
        ->check(milliseconds)
        ->option_text("MS");
    login
        ->add_option_function<int>(
            "--refresh-timeout", [this](int ms) { deadlines.refresh = Millis(ms); },
            "Deadline in ms when something is")
        ->check(milliseconds)
        ->option_text("MS");
  }
};

int call_job(const Arguments& arguments, Context& context) {
  if (*arguments.login) {
    ReplyWriter reply(arguments.pam || arguments.codes ? STDOUT_FILENO : -1);
    return login(context, arguments.deadlines, reply);
  }
  if (*arguments.watch) return watch(context);
  if (*arguments.backup)
    return backup(context,
                  arguments.from_stdin ? BackupSource::standard_input : BackupSource::file);
  if (*arguments.restore) return restore(context, arguments.from_host);
  if (*arguments.status) {
    const Reach reach = arguments.local ? Reach::this_host : Reach::everywhere;
    return arguments.json ? print_status_json(gather_status(context, reach))
                          : status(context, reach);
  }
  if (*arguments.set_token)
    return set_setup_token(context,
                           arguments.no_check ? TokenCheck::take_my_word : TokenCheck::try_it);
  if (*arguments.remove_token) return remove_setup_token(context);
  if (*arguments.set_vault_token) return set_vault_token(context);
  if (*arguments.check_vault_token) {
    print_vault_token(check_vault_token(context));
    return 0;
  }
  if (*arguments.remove_vault_token) return remove_vault_token(context);
  if (*arguments.pause) return pause(context);
  if (*arguments.resume) return resume(context);
  return sync(context);
}

// Without a configuration no job begins. A program that asked for JSON reads it there, and the log
// has it from the jobs.
int refuse(const Arguments& arguments, const Identity& identity, const Clock& clock,
           Audience audience, const std::string& problem) {
  if (*arguments.status && arguments.json)
    return print_status_json(status_without_configuration(identity, clock.now(), problem));
  if (*arguments.check_vault_token) {
    print_vault_token({.state = VaultTokenState::unknown, .problem = problem, .facts = {}});
    return 1;
  }
  StatusLog(identity.paths.log, identity.user.name, clock, audience).line(Status::fail, problem);
  keep_status(identity.paths, {.status = Status::fail, .reason = problem, .at = clock.now()});
  return 1;
}

int run_job(const Arguments& arguments) {
  const Clock clock;
  // The journal has each line already, from syslog and with the user's name.
  const bool person = !arguments.pam && !is_journal_stream(STDERR_FILENO);
  const Audience audience = person ? Audience::person : Audience::log_only;
  const auto identity = identify(arguments.pam ? Caller::pam : Caller::person);
  if (!identity) {
    std::fprintf(stderr, "claude-auth-sync: %s\n", identity.error().c_str());
    return 1;
  }
  if (*arguments.exec)
    return exec_command(*identity, arguments.fetch ? ExecSource::store_first : ExecSource::local,
                        arguments.command);
  if (*arguments.doctor) return doctor(*identity, clock);
  auto context = make_context(*identity, system_config_dirs(), clock, audience);
  if (!context) return refuse(arguments, *identity, clock, audience, context.error());
  const int exit_status = call_job(arguments, *context);
  return exit_status;
}

int parse_and_run(int argc, char** argv) {
  Arguments arguments;
  try {
    arguments.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments.app.exit(error) == 0 ? 0 : kUsageError;
  }
  return run_job(arguments);
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
