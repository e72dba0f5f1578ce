#include "admin/admin_setup_token.h"

#include <algorithm>
#include <cstdio>

#include "admin/progress_line.h"
#include "admin/roster.h"
#include "admin/user_line.h"
#include "admin/vault_survey.h"
#include "base/time_text.h"
#include "claude/oauth_env.h"
#include "decide/expiry.h"
#include "jobs/document.h"
#include "jobs/person.h"
#include "jobs/prompt.h"
#include "store/merge.h"
#include "vault/kv.h"

namespace claude_auth {
namespace {

using Action = AdminSetupTokenOptions::Action;

/// What the documents of a roster's users show of their setup tokens.
struct Neighbours {
  std::expected<DocumentFacts, StoreError> own = DocumentFacts{};
  std::vector<std::string> names;  ///< of the others, and what is known of each
  std::vector<DocumentFacts> facts;
  std::size_t unread = 0;
  std::string why_unread;
};

class Errand {
 public:
  Errand(AdminContext& context, const AdminSetupTokenOptions& options)
      : context_(context), options_(options) {}

  int run();

 private:
  void act();
  void set();
  void remove();
  void show();
  void show_token(const DocumentFacts& own, const Neighbours& neighbours);
  Neighbours look_around();
  void warn_of_the_unread(const Neighbours& neighbours);
  void warn_of_a_shared_account(const Neighbours& neighbours);
  /// "bob" or "bob, ana": who has a token, or an account, of this hash, too.
  static std::string holders_of(std::string DocumentFacts::* which, const std::string& hash,
                                const Neighbours& neighbours);
  std::expected<Merged, StoreError> change(const DocumentChange& change);

  AdminContext& context_;
  const AdminSetupTokenOptions& options_;
  std::vector<RosterUser> roster_;
  UserLine line_;
};

int Errand::run() {
  auto roster = load_roster(options_.roster, context_.config.vault);
  if (!roster) {
    for (const std::string& fault : roster.error())
      std::fprintf(stderr, "claude-auth-admin: %s\n", fault.c_str());
    return 1;
  }
  roster_ = std::move(*roster);
  act();
  std::printf("%s\n", line_.text(options_.user).c_str());
  const UserOutcome outcome = line_.outcome();
  return outcome == UserOutcome::failed || outcome == UserOutcome::left ? 1 : 0;
}

void Errand::act() {
  const bool known = std::ranges::any_of(
      roster_, [&](const RosterUser& user) { return user.name == options_.user; });
  if (!known) return line_.failed("is not in " + options_.roster);
  if (context_.config.store == StoreKind::local)
    return line_.failed(
        "store = local: the setup token is the user's own to keep, by "
        "`claude-auth-sync setup-token`");
  if (!context_.token)
    return line_.failed("there is no admin's Vault token: log in to Vault, or set VAULT_TOKEN");
  switch (options_.action) {
    case Action::set:
      return set();
    case Action::remove:
      return remove();
    case Action::status:
      return show();
  }
}

Neighbours Errand::look_around() {
  std::vector<std::string> names;
  names.reserve(roster_.size());
  for (const RosterUser& user : roster_) names.push_back(user.name);
  ProgressLine line("documents");
  auto documents = survey_documents(context_, names, Deadline::in(kPersonWaits),
                                    [&](std::size_t done, std::size_t of) { line.show(done, of); });
  Neighbours found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == options_.user) {
      found.own = std::move(documents[i]);
    } else if (documents[i]) {
      found.names.push_back(names[i]);
      found.facts.push_back(std::move(*documents[i]));
    } else if (found.unread++ == 0) {
      found.why_unread = documents[i].error().sentence;
    }
  }
  return found;
}

void Errand::warn_of_the_unread(const Neighbours& neighbours) {
  if (neighbours.unread == 0) return;
  line_.warn("not compared with the token of " +
             count_of(static_cast<std::int64_t>(neighbours.unread), "other") + ": " +
             neighbours.why_unread);
}

void Errand::warn_of_a_shared_account(const Neighbours& neighbours) {
  if (!neighbours.own || neighbours.own->account_hash.empty()) return;
  const std::string holders =
      holders_of(&DocumentFacts::account_hash, neighbours.own->account_hash, neighbours);
  if (holders.empty()) return;
  line_.warn("the login in the store is to the Claude account of " + holders +
             " as well: each user needs one of his own");
}

std::string Errand::holders_of(std::string DocumentFacts::* which, const std::string& hash,
                               const Neighbours& neighbours) {
  std::string holders;
  for (std::size_t i = 0; i < neighbours.names.size(); ++i)
    if (neighbours.facts[i].*which == hash)
      holders += (holders.empty() ? "" : ", ") + neighbours.names[i];
  return holders;
}

std::expected<Merged, StoreError> Errand::change(const DocumentChange& change) {
  VaultSettings settings = context_.config.vault;
  settings.path = expand_user(settings.path, options_.user);
  auto api = VaultApi::open(std::move(settings), context_.token->clone());
  if (!api) return std::unexpected(api.error());
  KvStore store(*api);
  return merge(store, change, Deadline::in(kPersonWaits));
}

void Errand::set() {
  const auto token = read_secret("Setup token (sk-ant-oat01-…, not shown): ");
  if (!token) return line_.failed(token.error());
  if (!is_setup_token(token->view())) return line_.failed(kNoSetupToken);
  const Neighbours neighbours = look_around();
  const std::string holders =
      holders_of(&DocumentFacts::setup_token_hash, token_fingerprint(token->view()), neighbours);
  if (!holders.empty())
    return line_.failed("not stored, as it is the setup token of " + holders +
                        " as well: each user needs one of his own");
  const Instant now = context_.clock.now();
  const auto merged =
      change([&](const StoredDocument& stored) { return with_setup_token(stored, *token, now); });
  if (!merged) return line_.failed(merged.error().sentence);
  line_.did(*merged == Merged::left
                ? "it is the setup token already"
                : "setup token stored: the next login or sync tries it and has it; its year ends " +
                      until(now + kSetupTokenLife, now));
  warn_of_a_shared_account(neighbours);
  warn_of_the_unread(neighbours);
}

void Errand::remove() {
  const auto merged =
      change([](const StoredDocument& stored) { return without_setup_token(stored); });
  if (!merged) return line_.failed(merged.error().sentence);
  line_.did(*merged == Merged::written
                ? "setup token removed from the store; the next login or sync takes it away here"
                : "there was no setup token");
}

void Errand::show() {
  const Neighbours neighbours = look_around();
  if (!neighbours.own) return line_.failed(neighbours.own.error().sentence);
  show_token(*neighbours.own, neighbours);
  warn_of_a_shared_account(neighbours);
  warn_of_the_unread(neighbours);
}

void Errand::show_token(const DocumentFacts& own, const Neighbours& neighbours) {
  if (own.setup_token == SetupTokenSeen::none) return line_.did("no setup token");
  const std::string holders =
      holders_of(&DocumentFacts::setup_token_hash, own.setup_token_hash, neighbours);
  if (!holders.empty())
    line_.failed("it is the setup token of " + holders +
                 " as well: each user needs one of his own");
  if (own.setup_token == SetupTokenSeen::malformed)
    return line_.failed("what is stored is of no setup token's shape");
  const Instant now = context_.clock.now();
  if (!own.setup_token_expires)
    return line_.did("in the store without a date, which the next sync gives it");
  const std::string when = "in the store, its year ends " + until(*own.setup_token_expires, now);
  if (days_to_announce(*own.setup_token_expires, now, kSetupTokenNotice)) {
    line_.left(when + ": `claude setup-token`, then `claude-auth-admin setup-token set " +
               options_.user + "`");
  } else {
    line_.did(when);
  }
}

}  // namespace

int admin_setup_token(AdminContext& context, const AdminSetupTokenOptions& options) {
  return Errand(context, options).run();
}

}  // namespace claude_auth
