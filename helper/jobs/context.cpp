#include "jobs/context.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/secret.h"
#include "jobs/vault_environment.h"

namespace claude_auth {
namespace {

// Only a clear "not there" counts as absent (DESIGN rule 1).
bool is_there(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::expected<UserId, std::string> user_from_pam(const Lookup& environment) {
  const auto home = environment("HOME");
  const auto name = environment("USER");
  if (!home || !name) return std::unexpected("login --pam is for pam_claude.so: no HOME and USER");
  return UserId{.uid = ::getuid(), .name = *name, .home = *home};
}

std::expected<UserId, std::string> user_from_database(const Lookup& environment) {
  const passwd* entry = ::getpwuid(::getuid());
  if (entry == nullptr)
    return std::unexpected("uid " + std::to_string(::getuid()) + " has no user name");
  UserId user{.uid = ::getuid(), .name = entry->pw_name, .home = entry->pw_dir};
  if (const auto name = environment("CLAUDE_AUTH_USER"); name && !name->empty()) user.name = *name;
  return user;
}

}  // namespace

std::expected<Identity, std::string> identify(Caller caller) {
  const Lookup process = process_environment();
  const bool pam = caller == Caller::pam;
  auto user = pam ? user_from_pam(process) : user_from_database(process);
  if (!user) return std::unexpected(user.error());
  Lookup environment = pam ? no_environment() : process;
  auto paths = paths_for(*user, environment);
  if (!paths) return std::unexpected(paths.error());
  return Identity{std::move(*user), std::move(*paths), std::move(environment)};
}

std::expected<Context, std::string> make_context(const Identity& identity, const ConfigDirs& dirs,
                                                 const Clock& clock, Audience audience) {
  auto config = load_config(dirs);
  if (!config) return std::unexpected(config.error());
  if (const auto problem = apply_vault_environment(config->vault, identity.environment))
    return std::unexpected(*problem);

  std::vector<std::string> warnings;
  for (const std::string& key : config->unknown_keys)
    warnings.push_back("the configuration has an unknown key: " + key);
  return Context{.user = identity.user,
                 .paths = identity.paths,
                 .config = std::move(*config),
                 .environment = identity.environment,
                 .clock = clock,
                 .log = StatusLog(identity.paths.log, identity.user.name, clock, audience),
                 .warnings = std::move(warnings)};
}

void Context::note_recovery(std::string_view story) {
  ++recoveries;
  log.line(Status::recovered, story);
}

void Context::report(Status status, std::string_view reason) {
  log.line(status, reason);
  const std::string rejected = std::exchange(rejected_login, {});
  keep_status(paths, {.job = job,
                      .status = status,
                      .reason = reason,
                      .at = clock.now(),
                      .rejected_login = rejected,
                      .recoveries_before = std::exchange(recoveries, 0)});
}

int Context::finish(Status status, std::string_view reason) {
  if (!Secret::all_memory_locked())
    warnings.emplace_back(
        "a secret could not be locked into memory and may reach swap: raise "
        "RLIMIT_MEMLOCK");
  for (const std::string& warning : warnings) log.line(Status::warn, warning);
  warnings.clear();
  report(status, reason);
  return status == Status::fail ? 1 : 0;
}

bool is_enrolled(const Context& context) {
  return is_there(context.config.store == StoreKind::vault ? context.paths.vault_token
                                                           : context.paths.local_store);
}

bool is_paused(const Paths& paths) {
  // Only what is clearly there: a state directory that cannot be entered must be heard of.
  struct stat info{};
  return ::lstat(paths.paused.c_str(), &info) == 0;
}

}  // namespace claude_auth
