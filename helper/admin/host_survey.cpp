#include "admin/host_survey.h"

#include <sys/wait.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "admin/in_parallel.h"
#include "base/errors.h"

namespace claude_auth {
namespace {

constexpr std::chrono::seconds kLocalReportTakes{5};
constexpr std::chrono::seconds kStoreReportTakes{20};

std::expected<UserReport, std::string> ask(Host& host, const HostUser& user, ReportScope scope) {
  std::vector<std::string> arguments{"status", "--json"};
  if (scope == ReportScope::local) arguments.emplace_back("--local");
  const std::chrono::seconds patience =
      scope == ReportScope::local ? kLocalReportTakes : kStoreReportTakes;
  const auto finished = host.run_as(user, std::move(arguments), "", Deadline::in(patience));
  if (!finished) return std::unexpected(printable(finished.error(), 300));
  if (finished->timed_out)
    return std::unexpected("his claude-auth-sync did not answer within " +
                           std::to_string(patience.count()) + " seconds");
  if (!WIFEXITED(finished->wait_status) || WEXITSTATUS(finished->wait_status) != 0)
    return std::unexpected("his claude-auth-sync could make no report");
  return parse_user_report(finished->standard_output);
}

HostSight look_at(Host& host, const RosterUser& user, ReportScope scope) {
  HostSight sight;
  const auto account = host.find(user.name);
  if (!account) {
    sight.problem = printable(account.error(), 300);
    return sight;
  }
  if (!*account) {
    sight.account = FleetSituation::Account::absent;
    return sight;
  }
  sight.account = FleetSituation::Account::there;
  const auto units = host.units(user.name);
  if (units) {
    sight.units = *units;
  } else {
    sight.problem = printable(units.error(), 300);
  }
  if (user.care != Care::managed) return sight;
  auto report = ask(host, **account, scope);
  if (report) {
    sight.report = std::move(*report);
  } else {
    sight.problem = std::move(report.error());
  }
  return sight;
}

}  // namespace

std::vector<HostSight> survey_host(
    Host& host, std::span<const RosterUser> users, ReportScope scope,
    const std::function<void(std::size_t done, std::size_t of)>& progress) {
  std::vector<HostSight> sights(users.size());
  std::mutex mutex;
  std::size_t done = 0;
  const std::size_t workers = 2 * std::max(1U, std::thread::hardware_concurrency());
  in_parallel(users.size(), workers, [&](std::size_t, std::size_t item) {
    sights[item] = look_at(host, users[item], scope);
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(done, users.size());
  });
  return sights;
}

}  // namespace claude_auth
