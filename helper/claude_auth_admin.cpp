// claude-auth-admin: parses its arguments and calls one job of the admin's.
#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <expected>
#include <functional>
#include <map>
#include <string>

#include "admin/admin_context.h"
#include "admin/admin_setup_token.h"
#include "admin/confirmation.h"
#include "admin/deprovision.h"
#include "admin/fleet_status.h"
#include "admin/host.h"
#include "admin/host_doctor.h"
#include "admin/provision.h"
#include "admin/roster.h"
#include "base/config.h"
#include "base/paths.h"
#include "base/secret.h"

namespace {

using namespace claude_auth;

constexpr int kUsageError = 2;

using GivenContext = std::expected<AdminContext, std::string>;

/// A job that takes configuration, records and the host as they are, or what is wrong with them.
int run_with_given(const std::function<int(GivenContext&)>& job) {
  const Clock clock;
  ThisHost host;
  auto context = make_admin_context(system_config_dirs(), process_environment(), clock, host);
  wipe_variable("VAULT_TOKEN");
  return job(context);
}

/// A job that needs configuration, records and the host.
int run_with_context(const std::function<int(AdminContext&)>& job) {
  return run_with_given([&](GivenContext& context) {
    if (context) return job(*context);
    std::fprintf(stderr, "claude-auth-admin: %s\n", context.error().c_str());
    return 1;
  });
}

/// The command line. Parsing it sets `run`, the job that was asked for.
class CommandLine {
 public:
  std::function<int()> run;

  CommandLine() {
    app_.name("claude-auth-admin");
    app_.set_version_flag("--version", "claude-auth-admin " CLAUDE_AUTH_VERSION);
    app_.require_subcommand(0, 1);
    app_.footer("See claude-auth-admin(8).");
    add_provision();
    add_deprovision();
    add_status();
    add_setup_token();
    add_doctor();
  }

  /// Throws CLI::ParseError.
  void parse(int argc, char** argv) {
    app_.parse(argc, argv);
    // Asked for here and not by CLI11, which would say so of a misspelt one without naming it.
    if (app_.get_subcommands().empty()) throw CLI::RequiredError::Subcommand(1);
  }
  int exit(const CLI::ParseError& error) { return app_.exit(error) == 0 ? 0 : kUsageError; }

 private:
  void add_provision() {
    auto* const command =
        app_.add_subcommand("provision", "Give every user of the roster policy, token and units");
    add_roster(*command, provision_.roster);
    command->add_option("--user", provision_.user, "Only this one")->option_text("USER");
    command->add_option("--token-role", provision_.token_role, "Mint tokens through this role")
        ->option_text("ROLE");
    command->add_flag("--dry-run", provision_.dry_run, "Say what would be done, and do nothing");
    calls(*command, provision, provision_);
  }

  void add_deprovision() {
    auto* const command = app_.add_subcommand("deprovision", "Take a user's units and token back");
    add_roster(*command, deprovision_.roster);
    command->add_option("USER", deprovision_.user, "Whose")->required()->option_text(" ");
    auto* const purge = command->add_flag("--purge", deprovision_.purge,
                                          "Delete the user's document in Vault as well");
    command->add_flag("--yes", sure_, "Do not ask whether to purge")->needs(purge);
    command->callback([this] {
      run = [this] {
        if (deprovision_.purge && !sure_ && !confirm_purge(deprovision_.user)) return 1;
        return run_with_context(
            [this](AdminContext& context) { return deprovision(context, deprovision_); });
      };
    });
  }

  void add_status() {
    using Format = FleetStatusOptions::Format;
    auto* const command = app_.add_subcommand("status", "Show every user, and what is to do");
    add_roster(*command, status_.roster);
    command->add_option("--user", status_.user, "Only this one")->option_text("USER");
    const auto format = [this](Format chosen) {
      return [this, chosen] { status_.format = chosen; };
    };
    auto* const json = command->add_flag_callback("--json", format(Format::json), "As JSON");
    auto* const metrics = command->add_flag_callback("--prometheus", format(Format::prometheus),
                                                     "As metrics for node_exporter");
    json->option_text(" ");
    metrics->option_text(" ")->excludes(json);
    command->add_option("--output", status_.output, "Write the metrics to this file, in one piece")
        ->option_text("FILE")
        ->needs(metrics);
    command
        ->add_flag_function(
            "--watch{5}",
            [this](std::int64_t seconds) { status_.watch = std::chrono::seconds(seconds); },
            "Again and again, SECONDS apart (default 5)")
        ->option_text("[=SECONDS]")
        ->check(CLI::Range(1, 86'400))
        ->excludes(json)
        ->excludes(metrics);
    calls(*command, fleet_status, status_);
  }

  void add_setup_token() {
    using Action = AdminSetupTokenOptions::Action;
    auto* const group = app_.add_subcommand("setup-token", "A user's setup token in Vault");
    group->require_subcommand(1);
    const auto add = [&](const char* name, Action action, const char* what) {
      auto* const command = group->add_subcommand(name, what);
      AdminSetupTokenOptions& options = setup_token_[action];
      options.action = action;
      add_roster(*command, options.roster);
      command->add_option("USER", options.user, "Whose")->required()->option_text(" ");
      calls(*command, admin_setup_token, options);
    };
    add("set", Action::set, "Read one from a prompt or standard input, and store it");
    add("remove", Action::remove, "Take it out of the store");
    add("status", Action::status, "Say whether there is one, and when its year ends");
  }

  void add_doctor() {
    auto* const command =
        app_.add_subcommand("doctor", "Look at all that logins depend on, each with its remedy");
    add_roster(*command, doctor_.roster);
    command->add_option("--token-role", doctor_.token_role, "Look at this token role as well")
        ->option_text("ROLE");
    command->callback([this] {
      run = [this] {
        return run_with_given(
            [this](const GivenContext& context) { return host_doctor(context, doctor_); });
      };
    });
  }

  static void add_roster(CLI::App& command, std::string& roster) {
    roster = default_roster();
    command.add_option("--roster", roster, "The users, in YAML")
        ->option_text("FILE (default " + roster + ")");
  }

  template <typename Options>
  void calls(CLI::App& command, int (*job)(AdminContext&, const Options&), const Options& options) {
    command.callback([this, job, &options] {
      run = [job, &options] {
        return run_with_context([&](AdminContext& context) { return job(context, options); });
      };
    });
  }

  CLI::App app_{"Looks after the Claude Code logins of this host's users."};
  ProvisionOptions provision_;
  DeprovisionOptions deprovision_;
  FleetStatusOptions status_;
  std::map<AdminSetupTokenOptions::Action, AdminSetupTokenOptions> setup_token_;
  HostDoctorOptions doctor_;
  bool sure_ = false;
};

int parse_and_run(int argc, char** argv) {
  CommandLine command_line;
  try {
    command_line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    wipe_variable("VAULT_TOKEN");
    return command_line.exit(error);
  }
  return command_line.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (!guard_process()) {
    std::fputs("claude-auth-admin: libsodium cannot be initialised\n", stderr);
    return 1;
  }
  // A reader that stopped listening must not kill a run between two steps.
  ::signal(SIGPIPE, SIG_IGN);
  ::umask(077);
  try {
    end_process(parse_and_run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "claude-auth-admin: %s\n", error.what());
    return 1;
  }
}
