#include "admin/deprovision.h"

#include <algorithm>
#include <cstdio>
#include <expected>
#include <utility>

#include "admin/provision_run.h"
#include "admin/revocation.h"
#include "admin/roster.h"
#include "admin/run_report.h"
#include "admin/user_name.h"
#include "admin/user_token.h"
#include "admin/user_units.h"
#include "base/errors.h"
#include "base/time_text.h"
#include "vault/kv.h"

namespace claude_auth {
namespace {

class Deprovisioning {
 public:
  Deprovisioning(AdminContext& context, Records records, const std::string& user)
      : context_(context),
        vault_(context),
        programs_(context.host),
        records_(std::move(records)),
        user_(user) {}

  int work(const DeprovisionOptions& options);

 private:
  void take_token(const HostUser* on_host);
  void take_file(const HostUser& on_host, TokenRecord& record);
  void revoke(TokenRecord record);
  void purge_document();
  void warn_of_roster(const std::string& path);

  AdminContext& context_;
  VaultSession vault_;
  UserPrograms programs_;
  Records records_;
  const std::string& user_;
  UserLine line_;
};

int Deprovisioning::work(const DeprovisionOptions& options) {
  RunReport report(1);
  const auto on_host = context_.host.find(user_);
  if (!on_host) line_.failed(user_ + " could not be looked up: " + on_host.error());
  set_units(context_.host, user_, Units::unwanted, {}, Doing::it, line_);
  if (context_.config.store == StoreKind::vault) {
    take_token(on_host && *on_host ? &**on_host : nullptr);
    if (options.purge) purge_document();
  }
  const bool is_unknown = on_host && !*on_host;
  if (is_unknown && line_.outcome() == UserOutcome::unchanged) {
    line_.warn("this host knows no such user, and there was nothing to take back");
  }
  warn_of_roster(options.roster);
  report.add(user_, line_);
  return report.finish();
}

void Deprovisioning::take_token(const HostUser* on_host) {
  auto loaded = records_.load(user_);
  if (!loaded) return line_.failed(loaded.error());
  TokenRecord record = std::move(*loaded);
  make_current(record, "");
  if (on_host != nullptr) take_file(*on_host, record);
  revoke(std::move(record));
}

/// Removes the token file. The token in it joins those that are to be revoked, on disk before the
/// file goes: a run that dies in between still knows it.
void Deprovisioning::take_file(const HostUser& on_host, TokenRecord& record) {
  const TokenReport report = check_user_token(programs_, on_host);
  if (report.file == VaultTokenSeen::absent) return;
  if (report.file == VaultTokenSeen::unknown && record.replaced.empty()) {
    return line_.failed("token neither revoked nor removed, as nobody can name it: " +
                        report.problem);
  }
  const bool known = std::ranges::find(record.replaced, report.accessor) != record.replaced.end();
  if (!report.accessor.empty() && !known) record.replaced.push_back(report.accessor);
  if (const auto saved = records_.save(user_, record); !saved) {
    return line_.failed("record not written: " + saved.error());
  }
  const auto finished = programs_.run(on_host, {"vault-token", "remove"});
  std::string failure =
      finished ? failure_of(*finished, "claude-auth-sync vault-token remove") : finished.error();
  if (!failure.empty()) return line_.failed("token file not removed: " + failure);
  line_.did("token file removed");
}

void Deprovisioning::revoke(TokenRecord record) {
  if (record.replaced.empty()) return;
  if (!vault_.has_token()) {
    line_.left("token to revoke, with an admin's Vault token");
  } else if (const int revoked =
                 revoke_replaced(vault_, context_.config.vault, user_, Doing::it, record, line_);
             revoked > 0) {
    line_.did(count_of(revoked, "token") + " revoked");
  }
  if (const auto saved = records_.save(user_, record); !saved) {
    line_.failed("record not written: " + saved.error());
  }
}

void Deprovisioning::purge_document() {
  if (!vault_.has_token()) {
    return line_.left("document to delete, with an admin's Vault token");
  }
  const auto purged = vault_.ask([this](VaultApi& api, Deadline deadline) {
    return KvStore(api, expand_user(context_.config.vault.path, user_)).purge(deadline);
  });
  if (!purged) return line_.failed("document not deleted: " + purged.error());
  line_.did("document deleted");
}

/// A roster that cannot be read says nothing here: the next provision says what is wrong with it.
void Deprovisioning::warn_of_roster(const std::string& path) {
  const auto roster = load_roster(path, context_.config.vault);
  if (!roster) return;
  for (const RosterUser& listed : *roster) {
    if (listed.name != user_ || listed.care != Care::managed) continue;
    line_.warn(
        "the roster still wants this user looked after, so the next provision gives all of "
        "it back: set claude_auth: false in line " +
        std::to_string(listed.line) + " of " + path);
  }
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "%s\nNothing was done.\n", why.c_str());
  return 1;
}

}  // namespace

int deprovision(AdminContext& context, const DeprovisionOptions& options) {
  if (!context.is_root) return refuse("only root can deprovision: it acts as the user");
  if (!is_user_name(options.user)) {
    return refuse("no user can be called \"" + printable(options.user) + "\"");
  }
  if (options.purge && context.config.store == StoreKind::local) {
    return refuse("store = local: there is no document in Vault to purge");
  }
  auto records = Records::open(context.records_dir, Deadline::in(kRecordsPatience));
  if (!records) return refuse(records.error());
  return Deprovisioning(context, std::move(*records), options.user).work(options);
}

}  // namespace claude_auth
