#include "admin/provision.h"

#include <cstdio>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "admin/provision_run.h"
#include "admin/roster.h"
#include "admin/run_report.h"
#include "admin/user_token.h"
#include "admin/user_units.h"
#include "base/errors.h"
#include "base/time_text.h"
#include "decide/provision_decision.h"
#include "vault/policy.h"

namespace claude_auth {
namespace {

struct ListedUser {
  RosterUser roster;
  HostUser host;
};

using ListedUsers = std::expected<std::vector<ListedUser>, RosterFaults>;

/// The roster's users as this host knows them, all or none: a typing error must not cost half a
/// fleet's units before it shows.
ListedUsers find_users(Host& host, const std::vector<RosterUser>& roster,
                       const ProvisionOptions& options) {
  std::vector<ListedUser> found;
  RosterFaults faults;
  for (const RosterUser& user : roster) {
    if (!options.user.empty() && user.name != options.user) continue;
    const std::string where = options.roster + ":" + std::to_string(user.line) + ": ";
    auto known = host.find(user.name);
    if (!known) {
      faults.push_back(where + user.name + " could not be looked up: " + known.error());
    } else if (!*known) {
      faults.push_back(where + "this host knows no user " + user.name);
    } else {
      found.push_back({user, std::move(**known)});
    }
  }
  if (!faults.empty()) return std::unexpected(std::move(faults));
  if (!options.user.empty() && found.empty()) {
    return std::unexpected(
        RosterFaults{options.roster + " has no user " + printable(options.user)});
  }
  return found;
}

ListedUsers list_users(const AdminContext& context, const ProvisionOptions& options) {
  const VaultSettings& settings = context.config.vault;
  if (!context.is_root) {
    return std::unexpected(RosterFaults{"only root can provision: it acts as each of the users"});
  }
  if (context.config.store == StoreKind::vault &&
      (!literal_in_policy(settings.mount) || !literal_in_policy(expand_user(settings.path, "u")))) {
    return std::unexpected(RosterFaults{
        "mount or path of the configuration holds what a policy takes for a pattern or a quote"});
  }
  auto roster = load_roster(options.roster, settings);
  if (!roster) return std::unexpected(std::move(roster.error()));
  return find_users(context.host, *roster, options);
}

/// False where the user has no policy to live under: then there is no sense in a token.
bool provision_policy(ProvisionRun& run, const std::string& user, UserLine& line) {
  const VaultSettings& settings = run.context.config.vault;
  const std::string name = expand_user(settings.token_policy, user);
  const std::string wanted = user_policy(settings, user);
  const auto found = run.vault.ask(
      [&](VaultApi& api, Deadline deadline) { return read_policy(api, name, deadline); });
  if (!found) {
    line.failed("policy not checked: " + found.error());
    return false;
  }
  if (*found == wanted) return true;
  if (run.doing == Doing::it) {
    const auto written = run.vault.ask([&](VaultApi& api, Deadline deadline) {
      return write_policy(api, name, wanted, deadline);
    });
    if (!written) {
      line.failed("policy not written: " + written.error());
      return false;
    }
  }
  line.did(*found ? "policy written anew: it differed" : "policy written");
  return true;
}

/// Whether the user is enrolled then; nothing where nobody looked.
std::optional<bool> provision_in_vault(ProvisionRun& run, const HostUser& user, UserLine& line) {
  if (run.vault.may_ask() && !provision_policy(run, user.user.name, line)) return std::nullopt;
  return provision_token(run, user, line);
}

class Provisioning {
 public:
  Provisioning(ProvisionRun run, std::size_t users)
      : run_(std::move(run)),
        in_vault_(run_.context.config.store == StoreKind::vault),
        report_(users) {}

  int over(const std::vector<ListedUser>& users);

 private:
  void one(const ListedUser& user);
  void note_what_concerns_all();

  ProvisionRun run_;
  bool in_vault_;
  RunReport report_;
  std::size_t not_asked_for_ = 0;  ///< users whose turn came after the server had failed
  bool no_manager_ = false;
};

int Provisioning::over(const std::vector<ListedUser>& users) {
  if (run_.doing == Doing::nothing) report_.note("Dry run: this would be done, and nothing is.");
  for (const ListedUser& user : users) one(user);
  note_what_concerns_all();
  const int exit_status = report_.finish();
  return in_vault_ && run_.vault.ended() ? 1 : exit_status;
}

void Provisioning::one(const ListedUser& user) {
  UserLine line;
  const bool managed = user.roster.care == Care::managed;
  std::optional<bool> enrolled;
  if (managed && in_vault_) {
    if (run_.vault.ended()) {
      ++not_asked_for_;
      line.put_off();
    } else {
      enrolled = provision_in_vault(run_, user.host, line);
    }
  }
  const auto is_enrolled = [&] {
    return enrolled ? *enrolled : says_enrolled(run_.programs, user.host);
  };
  no_manager_ |=
      !set_units(run_.context.host, user.roster.name, managed ? Units::wanted : Units::unwanted,
                 is_enrolled, run_.doing, line);
  report_.add(user.roster.name, line);
}

void Provisioning::note_what_concerns_all() {
  if (!in_vault_) report_.note("store = local: there is nothing to provision in Vault");
  if (no_manager_) report_.note("this host was not booted by systemd: there are no units");
  if (const int hung = run_.programs.hung(); hung >= kHungUntilImpatient) {
    report_.note("WARN " + count_of(hung, "program") +
                 " of users did not end in time: after the first " +
                 std::to_string(kHungUntilImpatient) + " each user's got " +
                 std::to_string(user_patience(hung) / std::chrono::seconds(1)) + " s");
  }
  if (in_vault_ && run_.vault.ended()) {
    report_.note("FAIL Vault was not asked any more, and " +
                 count_of(static_cast<std::int64_t>(not_asked_for_), "user") +
                 " not checked: " + run_.vault.trouble());
  }
}

int refuse(const RosterFaults& why) {
  for (const std::string& fault : why) std::fprintf(stderr, "%s\n", fault.c_str());
  std::fputs("Nothing was done.\n", stderr);
  return 1;
}

}  // namespace

int provision(AdminContext& context, const ProvisionOptions& options) {
  const auto users = list_users(context, options);
  if (!users) return refuse(users.error());
  ProvisionRun run{.context = context,
                   .vault = VaultSession(context),
                   .programs = UserPrograms(context.host),
                   .records = {},
                   .token_role = options.token_role.empty() ? context.config.vault.token_role
                                                            : options.token_role,
                   .doing = options.dry_run ? Doing::nothing : Doing::it};
  if (run.doing == Doing::it) {
    auto records = Records::open(context.records_dir, Deadline::in(kRecordsPatience));
    if (!records) return refuse({std::move(records.error())});
    run.records.emplace(std::move(*records));
  }
  return Provisioning(std::move(run), users->size()).over(*users);
}

}  // namespace claude_auth
