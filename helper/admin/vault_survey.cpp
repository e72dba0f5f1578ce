#include "admin/vault_survey.h"

#include <algorithm>
#include <mutex>

#include "admin/in_parallel.h"
#include "vault/kv.h"
#include "vault/mint.h"
#include "vault/vault_api.h"

namespace claude_auth {
namespace {

template <typename Value>
using Answer = std::expected<Value, StoreError>;

/// The failure that no other item would be spared; set once, by any thread.
class Stop {
 public:
  std::optional<StoreError> get() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  void set(const StoreError& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }

 private:
  std::mutex mutex_;
  std::optional<StoreError> error_;
};

class Counter {
 public:
  Counter(std::size_t of, const SurveyProgress& progress) : of_(of), progress_(progress) {}

  void count_one() {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (progress_) progress_(done_, of_);
  }

 private:
  std::mutex mutex_;
  std::size_t done_ = 0;
  const std::size_t of_;
  const SurveyProgress& progress_;
};

bool is_the_servers_own(StoreErrorKind kind) {
  return kind == StoreErrorKind::unreachable || kind == StoreErrorKind::sealed;
}

bool is_anybodys(StoreErrorKind kind) {
  return is_the_servers_own(kind) || kind == StoreErrorKind::denied;
}

/// Calls `ask` for each of `items`, on as many connections as there may be, until one answer is an
/// error of a kind that `stops`.
template <typename Value>
std::vector<Answer<Value>> ask_for_each(
    const AdminContext& context, const std::vector<std::string>& items,
    const std::function<Answer<Value>(VaultApi&, const std::string&)>& ask,
    bool (*stops)(StoreErrorKind), const SurveyProgress& progress) {
  std::vector<VaultApi> apis;
  while (apis.size() < std::min(kSurveyConnections, items.size())) {
    auto api = VaultApi::open(context.config.vault, context.token->clone());
    if (!api) return std::vector<Answer<Value>>(items.size(), std::unexpected(api.error()));
    apis.push_back(std::move(*api));
  }
  std::vector<Answer<Value>> answers(items.size());
  Stop stop;
  Counter counter(items.size(), progress);
  in_parallel(items.size(), apis.size(), [&](std::size_t worker, std::size_t item) {
    if (auto error = stop.get()) {
      answers[item] = std::unexpected(std::move(*error));
    } else {
      answers[item] = ask(apis[worker], items[item]);
      if (!answers[item] && stops(answers[item].error().kind)) stop.set(answers[item].error());
    }
    counter.count_one();
  });
  return answers;
}

}  // namespace

std::vector<Answer<DocumentFacts>> survey_documents(const AdminContext& context,
                                                    const std::vector<std::string>& users,
                                                    Deadline deadline,
                                                    const SurveyProgress& progress) {
  const Config& config = context.config;
  const auto read = [&](VaultApi& api, const std::string& user) -> Answer<DocumentFacts> {
    KvStore store(api, expand_user(config.vault.path, user));
    const auto stored = store.read(deadline);
    if (!stored) return std::unexpected(stored.error());
    return facts_of(*stored, config.host_name, config.shared_login);
  };
  return ask_for_each<DocumentFacts>(context, users, read, &is_the_servers_own, progress);
}

std::vector<Answer<std::optional<Instant>>> survey_token_ends(
    const AdminContext& context, const std::vector<std::string>& accessors, Deadline deadline) {
  const auto look_up = [&](VaultApi& api,
                           const std::string& accessor) -> Answer<std::optional<Instant>> {
    if (accessor.empty()) return std::nullopt;
    const auto facts = look_up_accessor(api, accessor, deadline);
    if (!facts) return std::unexpected(facts.error());
    if (!*facts || !(*facts)->ttl) return std::nullopt;
    return context.clock.now() + *(*facts)->ttl;
  };
  return ask_for_each<std::optional<Instant>>(context, accessors, look_up, &is_anybodys, {});
}

}  // namespace claude_auth
