#include "jobs/vault_token.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/json.h"
#include "base/secure_file.h"
#include "jobs/person.h"
#include "jobs/prompt.h"
#include "jobs/stamps.h"

namespace claude_auth {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr Millis kChangeNeeds{2'000};

// Whoever owns the home can put another token in the place of this one: root may, and nobody else.
std::expected<void, FileError> check_home(const UserId& user) {
  struct stat home{};
  if (::stat(user.home.c_str(), &home) != 0) {
    const bool absent = errno == ENOENT;
    return std::unexpected(
        FileError{absent ? FileErrorKind::absent : FileErrorKind::failed, errno, user.home});
  }
  if (home.st_uid == user.uid || home.st_uid == 0) return {};
  return std::unexpected(FileError{FileErrorKind::foreign_owner, 0, user.home});
}

std::expected<void, FileError> prepare_directory(const Context& context) {
  if (auto checked = check_home(context.user); !checked) return checked;
  const std::filesystem::path file(context.paths.vault_token);
  return make_directories(file.parent_path(), 0700);
}

// What was found out with one token says nothing of the next; and a store that refused the one
// before is to be asked again by the next login.
void forget_token(Stamps& stamps) {
  stamps.verified_vault_token.clear();
  stamps.vault_token_verified_at.reset();
  stamps.store_attempt_at.reset();
  stamps.store_retry_at.reset();
}

// A symbolic link in the file's place is replaced, as anything but a directory is: rename(2)
// follows none, and reading refuses it, so nobody has a use for one.
std::expected<void, std::string> put_in_place(const Context& context, const Secret& token) {
  if (auto prepared = prepare_directory(context); !prepared)
    return std::unexpected(prepared.error().sentence());
  const auto lock = ChangeLock::acquire(context, Deadline::in(kChangeNeeds));
  if (!lock) return std::unexpected(lock.error().sentence);
  auto stamps = load_stamps(context);
  if (!stamps) return std::unexpected(stamps.error());
  forget_token(*stamps);
  if (auto saved = save_stamps(context, *lock, *stamps); !saved) return saved;

  remove_leftovers(context.paths.vault_token);
  std::string line(token.view());
  line += '\n';
  const auto written = replace_file(context.paths.vault_token, line, Durability::durable);
  wipe(line);
  if (!written) return std::unexpected(written.error().sentence());
  return {};
}

void set_facts(json_t* object, const TokenFacts& facts) {
  set_printable(object, "accessor", facts.accessor);
  set_printable(object, "display_name", facts.display_name);
  Json policies(json_array());
  for (const auto* list : {&facts.policies, &facts.identity_policies})
    for (const std::string& policy : *list) append_printable(policies.get(), policy);
  json_object_set_new(object, "policies", policies.release());
  if (facts.ttl) set_integer(object, "ttl", facts.ttl->count());
  set_flag(object, "renewable", facts.renewable);
}

}  // namespace

int set_vault_token(Context& context) {
  // While paused, too: who provisions has to be able to rely on the token's being there.
  const auto token = read_secret("Vault token (not shown): ");
  if (!token) return context.finish(Status::fail, token.error());
  if (!usable_token(token->view()))
    return context.finish(Status::fail,
                          "that is no Vault token: one is a single line of printable characters "
                          "without blanks");
  if (auto done = put_in_place(context, *token); !done)
    return context.finish(Status::fail, done.error());
  return context.finish(Status::ok, "Vault token stored");
}

int remove_vault_token(Context& context) {
  if (look_at_vault_token(context).state == VaultTokenState::absent)
    return context.finish(Status::ok, "there was no Vault token");
  const auto stamps = update_stamps(context, Deadline::in(kChangeNeeds), [&context](Stamps& after) {
    remove_leftovers(context.paths.vault_token);
    forget_token(after);
  });
  if (!stamps) context.warnings.push_back(stamps.error().sentence);
  // Last: as long as it is there, the next run does all of this.
  if (auto removed = remove_file(context.paths.vault_token); !removed)
    return context.finish(Status::fail, removed.error().sentence());
  return context.finish(Status::ok, "Vault token removed");
}

VaultTokenReport check_vault_token(const Context& context) {
  return check_vault(context, Deadline::in(kPersonWaits)).token;
}

void print_vault_token(const VaultTokenReport& report) {
  const Json object = new_object();
  set_integer(object.get(), "format", kFormat);
  set_string(object.get(), "state", name_of(report.state));
  if (report.facts) set_facts(object.get(), *report.facts);
  set_printable(object.get(), "problem", report.problem);
  std::puts(dump(object.get()).c_str());
}

}  // namespace claude_auth
