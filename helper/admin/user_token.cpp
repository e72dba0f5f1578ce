#include "admin/user_token.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "admin/revocation.h"
#include "base/errors.h"
#include "base/time_text.h"
#include "decide/token_decision.h"
#include "vault/mint.h"

namespace claude_auth {
namespace {

/// Puts off what would end this process politely: between a mint and its record nobody knows of the
/// token.
class EndPutOff {
 public:
  EndPutOff() {
    sigset_t polite;
    ::sigemptyset(&polite);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&polite, signal);
    ::pthread_sigmask(SIG_BLOCK, &polite, &before_);
  }
  EndPutOff(const EndPutOff&) = delete;
  EndPutOff& operator=(const EndPutOff&) = delete;
  ~EndPutOff() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

class TokenJob {
 public:
  TokenJob(ProvisionRun& run, const HostUser& user, UserLine& line)
      : run_(run), user_(user), settings_(run.context.config.vault), line_(line) {}

  bool provision();

 private:
  [[nodiscard]] const std::string& name() const { return user_.user.name; }

  std::expected<NamedToken, std::string> named_token(const TokenReport& report);
  bool make_right(const TokenReport& report, NamedToken named);
  void keep(const std::string& accessor);
  bool mint(const std::string& why);
  bool mint_and_deliver(const MintRequest& request);
  std::expected<void, std::string> deliver(const MintedToken& minted);
  void take_back(const MintedToken& minted, const std::string& why);
  void warn_about(const MintedToken& minted);
  void tidy_up();
  std::expected<void, std::string> save(const TokenRecord& record);

  ProvisionRun& run_;
  const HostUser& user_;
  const VaultSettings& settings_;
  UserLine& line_;
  TokenRecord on_disk_;
  TokenRecord record_;  ///< as it is to be
};

bool TokenJob::provision() {
  auto loaded = read_record(run_.context.records_dir, name());
  if (!loaded) {
    line_.failed(loaded.error());
    return true;
  }
  record_ = on_disk_ = std::move(*loaded);
  const TokenReport report = check_user_token(run_.programs, user_);
  const bool was_there = report.file != VaultTokenSeen::absent;
  const auto named = named_token(report);
  if (!named) {
    line_.failed(named.error());
    return was_there;
  }
  return make_right(report, *named) || was_there;
}

/// Whether a token was put in place.
bool TokenJob::make_right(const TokenReport& report, NamedToken named) {
  const TokenSituation now{.file = report.file,
                           .may_ask = run_.vault.may_ask(),
                           .named = named,
                           .recorded = report.accessor == record_.accessor};
  const std::string why(why_minted(now));
  switch (token_step(now)) {
    case TokenStep::keep:
      keep(report.accessor);
      break;
    case TokenStep::record:
      line_.did("token recorded");
      keep(report.accessor);
      break;
    case TokenStep::mint:
      return mint(why);
    case TokenStep::leave:
      line_.left("token to mint, with an admin's Vault token: " + why);
      break;
    case TokenStep::distrust:
      line_.failed("the user names somebody else's token as his own: nothing was done");
      break;
    case TokenStep::report:
      line_.failed("token not checked: " + report.problem);
      run_.vault.find_out();
      break;
  }
  return false;
}

std::expected<NamedToken, std::string> TokenJob::named_token(const TokenReport& report) {
  if (report.file != VaultTokenSeen::ours || !run_.vault.may_ask()) return NamedToken::not_asked;
  return ask_about(run_.vault, settings_, name(), report.accessor);
}

void TokenJob::keep(const std::string& accessor) {
  if (!run_.vault.may_ask()) {
    if (!record_.replaced.empty() || !record_.pending.empty()) {
      line_.left("old token to revoke, with an admin's Vault token");
    }
    return;
  }
  if (record_.pending.empty() && record_.accessor == accessor && record_.replaced.empty()) return;
  make_current(record_, accessor);
  tidy_up();
}

bool TokenJob::mint(const std::string& why) {
  const auto request = mint_request_for(settings_, name(), run_.token_role);
  if (!request) {
    line_.failed(request.error().sentence);
    return false;
  }
  if (run_.doing == Doing::it && !mint_and_deliver(*request)) return false;
  if (run_.doing == Doing::nothing) make_current(record_, "");
  line_.did("token minted: " + why);
  tidy_up();
  return true;
}

bool TokenJob::mint_and_deliver(const MintRequest& request) {
  const EndPutOff until_it_is_recorded;
  const auto minted = run_.vault.ask(
      [&](VaultApi& api, Deadline deadline) { return mint_token(api, request, deadline); });
  if (!minted) {
    line_.failed("no token minted: " + minted.error());
    return false;
  }
  // What a run that died had minted and not delivered goes with the one that is in place.
  TokenRecord pending = record_;
  if (!pending.pending.empty()) pending.replaced.push_back(pending.pending);
  pending.pending = minted->accessor;
  if (const auto saved = save(pending); !saved) {
    take_back(*minted, "token not recorded, so not delivered: " + saved.error());
    return false;
  }
  record_ = std::move(pending);
  if (const auto delivered = deliver(*minted); !delivered) {
    take_back(*minted, "token not delivered: " + delivered.error());
    return false;
  }
  record_.pending.clear();
  make_current(record_, minted->accessor);
  warn_about(*minted);
  if (const auto saved = save(record_); !saved) {
    line_.failed("token delivered, not recorded: " + saved.error());
    return false;
  }
  return true;
}

std::expected<void, std::string> TokenJob::deliver(const MintedToken& minted) {
  const ExpectedToken expected{.display_name = expand_user(settings_.token_display_name, name()),
                               .policy = expand_user(settings_.token_policy, name())};
  const TokenFacts facts{.display_name = vault_display_name(expected.display_name),
                         .policies = minted.policies,
                         .identity_policies = {},
                         .accessor = minted.accessor,
                         .ttl = {},
                         .renewable = minted.renewable};
  if (decide_token(facts, expected) != TokenDecision::ours) {
    return std::unexpected("Vault minted it without the policy " + expected.policy);
  }
  const auto finished = run_.programs.run(user_, {"vault-token", "set"}, minted.token.view());
  if (!finished) return std::unexpected(finished.error());
  if (std::string failure = failure_of(*finished, "claude-auth-sync vault-token set");
      !failure.empty()) {
    return std::unexpected(std::move(failure));
  }
  return {};
}

void TokenJob::take_back(const MintedToken& minted, const std::string& why) {
  line_.failed(why);
  const auto revoked = run_.vault.ask([&](VaultApi& api, Deadline deadline) {
    return revoke_accessor(api, minted.accessor, deadline);
  });
  if (!revoked) return line_.failed("nor could it be revoked: " + revoked.error());
  if (record_.pending == minted.accessor) record_.pending.clear();
  tidy_up();
}

void TokenJob::warn_about(const MintedToken& minted) {
  // A second or two may have passed on the way.
  constexpr std::chrono::seconds kOnTheWay{60};
  if (minted.ttl.count() > 0 && minted.ttl + kOnTheWay < kTokenPeriod) {
    line_.warn("the token lives " + span(minted.ttl) + ", not " + span(kTokenPeriod) +
               ": capped by its role or by the mount's maximum");
  }
  if (!minted.renewable) line_.warn("the token cannot be renewed");
  if (!minted.orphan) line_.warn("the token is no orphan: it ends with the admin's");
  for (const std::string& warning : minted.warnings) line_.warn("vault: " + warning);
}

void TokenJob::tidy_up() {
  const int revoked = revoke_replaced(run_.vault, settings_, name(), run_.doing, record_, line_);
  if (revoked > 0) line_.did(count_of(revoked, "old token") + " revoked");
  if (run_.doing == Doing::nothing || record_ == on_disk_) return;
  if (const auto saved = save(record_); !saved) {
    line_.failed("record not written: " + saved.error());
  }
}

std::expected<void, std::string> TokenJob::save(const TokenRecord& record) {
  auto saved = run_.records->save(name(), record);
  if (saved) on_disk_ = record;
  return saved;
}

}  // namespace

TokenReport check_user_token(UserPrograms& programs, const HostUser& user) {
  const auto finished = programs.run(user, {"vault-token", "check"});
  if (finished) return token_report_in(*finished);
  return {.file = VaultTokenSeen::unknown, .accessor = {}, .problem = finished.error()};
}

bool provision_token(ProvisionRun& run, const HostUser& user, UserLine& line) {
  return TokenJob(run, user, line).provision();
}

}  // namespace claude_auth
