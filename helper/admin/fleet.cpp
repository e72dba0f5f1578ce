#include "admin/fleet.h"

#include <algorithm>
#include <map>

#include "admin/progress_line.h"
#include "admin/records.h"
#include "admin/vault_survey.h"
#include "base/time_text.h"

namespace claude_auth {
namespace {

// All of a fleet's documents; a thousand take about a second from near by.
constexpr std::chrono::minutes kVaultSurveyTakes{3};

class Look {
 public:
  Look(const AdminContext& context, const std::vector<RosterUser>& roster, const std::string& only)
      : context_(context), view_(view_of(context)) {
    for (const RosterUser& user : roster) {
      sights_.push_back({.user = user});
      shown_.push_back(only.empty() || user.name == only);
    }
  }

  Fleet run(const std::string& roster_argument);

 private:
  void look_in_vault();
  void look_for_token_ends();
  void look_for_the_same();
  void look_at_host();
  void note_blind_spots();

  const AdminContext& context_;
  const FleetView view_;
  std::vector<UserSight> sights_;
  std::vector<bool> shown_;
  Fleet fleet_;
};

Fleet Look::run(const std::string& roster_argument) {
  fleet_.at = context_.clock.now();
  fleet_.host = context_.config.host_name;
  fleet_.saw_host = view_.host;
  fleet_.saw_vault = view_.vault;
  // Vault first: libcurl wants to be prepared before other threads are.
  if (view_.vault) {
    look_in_vault();
    look_for_the_same();
    if (view_.host) look_for_token_ends();
  }
  if (view_.host) look_at_host();
  note_blind_spots();
  const FleetSetting setting{.now = fleet_.at,
                             .in_vault = context_.config.store == StoreKind::vault,
                             .login_command = context_.config.login_command,
                             .roster_argument = roster_argument};
  for (std::size_t i = 0; i < sights_.size(); ++i)
    if (shown_[i]) fleet_.rows.push_back(make_row(sights_[i], setting));
  fleet_.took = context_.clock.now() - fleet_.at;
  return std::move(fleet_);
}

void Look::look_in_vault() {
  std::vector<std::string> names;
  names.reserve(sights_.size());
  for (const UserSight& sight : sights_) names.push_back(sight.user.name);
  ProgressLine line("documents");
  const auto documents =
      survey_documents(context_, names, Deadline::in(kVaultSurveyTakes),
                       [&](std::size_t done, std::size_t of) { line.show(done, of); });
  std::string first_problem;
  for (std::size_t i = 0; i < sights_.size(); ++i) {
    if (documents[i]) {
      sights_[i].document = *documents[i];
      continue;
    }
    if (fleet_.documents_unread++ == 0) first_problem = documents[i].error().sentence;
  }
  if (fleet_.documents_unread > 0)
    fleet_.notes.push_back(
        count_of(static_cast<std::int64_t>(fleet_.documents_unread), "document") +
        " could not be read: " + first_problem);
}

void Look::look_for_the_same() {
  std::vector<Holder> holders;
  std::map<std::string, UserSight*> by_name;
  for (UserSight& sight : sights_) {
    by_name[sight.user.name] = &sight;
    if (sight.document)
      holders.push_back(
          {sight.user.name, sight.document->setup_token_hash, sight.document->account_hash});
  }
  for (const Shared& shared : find_shared(holders))
    for (const std::string& user : shared.users) {
      UserSight& sight = *by_name.at(user);
      auto& same =
          shared.what == Shareable::setup_token ? sight.same_setup_token : sight.same_account;
      std::ranges::copy_if(shared.users, std::back_inserter(same),
                           [&](const std::string& other) { return other != user; });
    }
}

// The accessors are known to root alone. Who may not look them up sees no ends, and that is all.
void Look::look_for_token_ends() {
  std::vector<std::string> accessors;
  for (std::size_t i = 0; i < sights_.size(); ++i) {
    const auto record = shown_[i] ? read_record(context_.records_dir, sights_[i].user.name)
                                  : std::expected<TokenRecord, std::string>();
    accessors.push_back(record ? record->accessor : "");
  }
  const auto ends = survey_token_ends(context_, accessors, Deadline::in(kVaultSurveyTakes));
  for (std::size_t i = 0; i < sights_.size(); ++i)
    if (ends[i]) sights_[i].vault_token_expires = *ends[i];
}

void Look::look_at_host() {
  std::vector<RosterUser> asked;
  for (std::size_t i = 0; i < sights_.size(); ++i)
    if (shown_[i]) asked.push_back(sights_[i].user);
  ProgressLine line("users");
  std::vector<HostSight> found = survey_host(
      context_.host, asked, view_.vault ? ReportScope::local : ReportScope::with_network,
      [&](std::size_t done, std::size_t of) { line.show(done, of); });
  auto next = found.begin();
  for (std::size_t i = 0; i < sights_.size(); ++i)
    if (shown_[i]) sights_[i].host = std::move(*next++);
}

void Look::note_blind_spots() {
  if (!view_.host)
    fleet_.notes.emplace_back("not root: logins, last results and units of this host are not seen");
  if (!view_.vault && context_.config.store == StoreKind::vault)
    fleet_.notes.emplace_back(
        "no admin's Vault token: each user's own part asked for itself, and nobody compared their "
        "setup tokens");
}

}  // namespace

FleetView view_of(const AdminContext& context) {
  return {.host = context.is_root,
          .vault = context.config.store == StoreKind::vault && context.token.has_value()};
}

Fleet survey_fleet(const AdminContext& context, const std::vector<RosterUser>& roster,
                   const std::string& only, const std::string& roster_argument) {
  return Look(context, roster, only).run(roster_argument);
}

}  // namespace claude_auth
