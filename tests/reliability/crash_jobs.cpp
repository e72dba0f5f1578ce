#include "crash_jobs.h"

#include <signal.h>

#include "home_history.h"
#include "temporary_directory.h"

namespace claude_auth::testing {
namespace {

bool login_is_here(const CrashHome& home) {
  return test::contents(home.paths().credentials).contains("sk-ant-ort01-TEST-");
}

/// A child that is told to end leaves what a killed one leaves.
bool has_children(pid_t program) {
  const std::string id = std::to_string(program);
  return !test::contents("/proc/" + id + "/task/" + id + "/children").empty();
}

/// Wipes the login that the watch has seen, once in this home's life, and ends it when that is
/// healed.
BeforeWaiting wipe_and_see(const CrashHome& home) {
  return [&home, wiped = false](pid_t watch) mutable {
    if (login_is_here(home) && !wiped)
      home.wipe();
    else if (login_is_here(home) && !has_children(watch))
      ::kill(watch, SIGTERM);
    wiped = true;
  };
}

/// Ends each watch once the child that it has started for the backup is done. Where that failed,
/// the watch would try again after a quarter of a minute: the next one does it at once.
BeforeWaiting see_backup(const CrashHome& /*home*/) {
  return [backing_up = pid_t{0}](pid_t watch) mutable {
    if (has_children(watch))
      backing_up = watch;
    else if (backing_up == watch)
      ::kill(watch, SIGTERM);
  };
}

}  // namespace

const std::vector<CrashJob>& crash_jobs() {
  using enum StoreKind;
  const std::vector<std::string> login{"login", "--pam", "--timeout", "30000", "--refresh-timeout",
                                       "30000"};
  static const std::vector<CrashJob> jobs = {
      {.name = "login_lost",
       .what = "`login`: restores a lost login",
       .prepare = login_lost,
       .arguments = login},
      {.name = "login_wiped",
       .what = "`login`: restores a wiped login",
       .prepare = login_wiped,
       .arguments = login},
      {.name = "login_malformed",
       .what = "`login`: restores a malformed file",
       .prepare = login_malformed,
       .arguments = login},
      {.name = "login_token",
       .what = "`login`: takes a setup token from the store",
       .prepare = token_in_store_alone,
       .arguments = login},
      {.name = "login_vault",
       .what = "`login`: restores a lost login, Vault",
       .store = vault,
       .prepare = login_lost,
       .arguments = login},
      {.name = "backup",
       .what = "`backup`: a new login",
       .prepare = login_new,
       .arguments = {"backup"}},
      {.name = "backup_vault",
       .what = "`backup`: a new login, Vault",
       .store = vault,
       .prepare = login_new,
       .arguments = {"backup"}},
      {.name = "sync_heals",
       .what = "`sync`: restores a wiped login and tries it",
       .prepare = login_wiped,
       .arguments = {"sync"}},
      {.name = "sync_backs_up",
       .what = "`sync`: tries a new login and backs it up, Vault",
       .store = vault,
       .prepare = login_new,
       .arguments = {"sync"}},
      {.name = "sync_token",
       .what = "`sync`: tries a setup token and puts it in force",
       .prepare = token_in_store,
       .arguments = {"sync"}},
      {.name = "restore",
       .what = "`restore`: a lost login",
       .prepare = login_lost,
       .arguments = {"restore"}},
      {.name = "token_set",
       .what = "`setup-token set`",
       .prepare = backed_up,
       .arguments = {"setup-token", "set"},
       .input = kSetupToken},
      {.name = "token_set_vault",
       .what = "`setup-token set`, Vault",
       .store = vault,
       .prepare = backed_up,
       .arguments = {"setup-token", "set", "--no-check"},
       .input = kSetupToken},
      {.name = "token_remove",
       .what = "`setup-token remove`",
       .prepare = token_in_force,
       .arguments = {"setup-token", "remove"}},
      {.name = "delivery",
       .what = "`vault-token set`: what provision delivers",
       .store = vault,
       .prepare = backed_up,
       .arguments = {"vault-token", "set"},
       .input = "hvs.TEST-vault-token-of-another-day"},
      {.name = "vault_token_remove",
       .what = "`vault-token remove`",
       .store = vault,
       .prepare = backed_up,
       .arguments = {"vault-token", "remove"}},
      {.name = "pause", .what = "`pause`", .prepare = backed_up, .arguments = {"pause"}},
      {.name = "resume", .what = "`resume`", .prepare = paused, .arguments = {"resume"}},
      {.name = "watch_heals",
       .what = "`watch`: heals a wiped login from memory",
       .prepare = backed_up,
       .arguments = {"watch"},
       .meanwhile = wipe_and_see},
      {.name = "watch_backs_up",
       .what = "`watch`: backs a new login up",
       .prepare = login_new,
       .arguments = {"watch"},
       .meanwhile = see_backup,
       .takes_seconds = true},
  };
  return jobs;
}

}  // namespace claude_auth::testing
