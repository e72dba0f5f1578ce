#include "admin/host_doctor.h"

#include <unistd.h>

#include <vector>

#include "admin/fleet_check.h"
#include "admin/installed_check.h"
#include "admin/pam_check.h"
#include "admin/roster.h"
#include "admin/server_check.h"
#include "jobs/finding.h"
#include "jobs/home_readers.h"

namespace claude_auth {
namespace {

class Report {
 public:
  void take(const Findings& findings) {
    for (const Finding& finding : findings) {
      failed_ = failed_ || finding.status == Status::fail;
      print(finding);
    }
  }

  [[nodiscard]] int exit_status() const { return failed_ ? 1 : 0; }

 private:
  bool failed_ = false;
};

Findings check_configuration(const std::expected<AdminContext, std::string>& context) {
  if (!context) return {{Status::fail, context.error()}};
  Findings findings;
  for (const std::string& key : context->config.unknown_keys) {
    findings.push_back({Status::warn, "the configuration has an unknown key: " + key});
  }
  if (findings.empty()) findings.push_back({Status::ok, "configuration"});
  return findings;
}

/// The roster's users; none where it has faults, which are reported.
std::vector<RosterUser> users_of_roster(const std::string& path, const VaultSettings& settings,
                                        Report& report) {
  if (::access(path.c_str(), F_OK) != 0) {
    report.take({{Status::warn, "there is no roster " + path + ": no user is looked at"}});
    return {};
  }
  auto users = load_roster(path, settings);
  if (users) return std::move(*users);
  for (const std::string& fault : users.error()) report.take({{Status::fail, fault}});
  return {};
}

std::vector<std::string> names_of_managed(const std::vector<RosterUser>& users) {
  std::vector<std::string> names;
  for (const RosterUser& user : users) {
    if (user.care == Care::managed) names.push_back(user.name);
  }
  return names;
}

std::vector<std::string> homes_of(Host& host, const std::vector<RosterUser>& users) {
  std::vector<std::string> homes;
  for (const RosterUser& user : users) {
    const auto account = host.find(user.name);
    if (account && *account) homes.push_back((*account)->user.home);
  }
  return homes;
}

Findings check_home_readers(const HostTree& tree, const std::vector<std::string>& homes) {
  Findings findings;
  for (const std::string& unit : units_that_read_homes(tree.root, homes)) {
    findings.push_back({Status::warn, home_reader_remedy(unit)});
  }
  return findings;
}

}  // namespace

int host_doctor(const std::expected<AdminContext, std::string>& context,
                const HostDoctorOptions& options) {
  Report report;
  report.take(check_installed(options.tree));
  report.take(check_selinux(options.tree));
  report.take(check_pam(options.tree));
  report.take(check_units(options.tree));
  report.take(check_configuration(context));
  if (!context) {
    report.take(check_home_readers(options.tree, {}));
    return report.exit_status();
  }
  const auto users = users_of_roster(options.roster, context->config.vault, report);
  const auto managed = names_of_managed(users);
  report.take(check_home_readers(options.tree, homes_of(context->host, users)));
  report.take(check_accounts(context->host, users));
  const std::string& role =
      options.token_role.empty() ? context->config.vault.token_role : options.token_role;
  report.take(check_server(*context, role, managed));
  if (context->config.store == StoreKind::vault && context->token && !managed.empty()) {
    report.take(check_policies(*context, managed));
    report.take(check_shared(*context, managed));
  }
  return report.exit_status();
}

}  // namespace claude_auth
