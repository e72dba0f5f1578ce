#include "admin/user_report.h"

#include <array>
#include <span>

#include "base/errors.h"
#include "base/json.h"
#include "base/plausible_time.h"
#include "decide/login_words.h"

namespace claude_auth {
namespace {

constexpr std::int64_t kFormat = 1;
// What a double, and so Prometheus, counts without gaps.
constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

constexpr std::array kLogins = {LocalLogin::valid, LocalLogin::malformed,
                                LocalLogin::wiped, LocalLogin::logged_out,
                                LocalLogin::lost,  LocalLogin::unreadable};
constexpr std::array kBackups = {
    Word{"valid", BackupSeen::valid},
    Word{"none", BackupSeen::none},
    Word{"not_valid", BackupSeen::not_valid},
};
constexpr std::array kSetupTokens = {
    Word{"none", SetupTokenSeen::none},           Word{"in_force", SetupTokenSeen::in_force},
    Word{"untried", SetupTokenSeen::in_force},    Word{"rejected", SetupTokenSeen::rejected},
    Word{"malformed", SetupTokenSeen::malformed},
};
constexpr std::array kVaultTokens = {
    Word{"absent", VaultTokenSeen::absent},     Word{"present", VaultTokenSeen::present},
    Word{"ours", VaultTokenSeen::ours},         Word{"foreign", VaultTokenSeen::foreign},
    Word{"rejected", VaultTokenSeen::rejected}, Word{"unreadable", VaultTokenSeen::unreadable},
};
constexpr std::array kStatuses = {Status::ok, Status::skip, Status::warn, Status::recovered,
                                  Status::fail};

template <typename Value>
std::optional<Value> one_of(std::span<const Word<Value>> words, const json_t* object,
                            const char* key) {
  const auto text = string_member(object, key);
  for (const Word<Value>& one : words)
    if (text == one.word) return one.value;
  return std::nullopt;
}

std::optional<LocalLogin> login_member(const json_t* object, const char* key) {
  const auto text = string_member(object, key);
  for (const LocalLogin login : kLogins)
    if (text == word_of(login)) return login;
  return std::nullopt;
}

std::optional<Status> status_member(const json_t* object, const char* key) {
  const auto text = string_member(object, key);
  for (const Status status : kStatuses)
    if (text == word(status)) return status;
  return std::nullopt;
}

bool true_member(const json_t* object, const char* key) {
  return json_is_true(json_object_get(object, key));
}

std::string text_member(const json_t* object, const char* key, std::size_t max_length) {
  return printable(string_member(object, key).value_or(""), max_length);
}

std::optional<Instant> time_member(const json_t* object, const char* key) {
  const auto seconds = integer_member(object, key);
  if (!seconds || *seconds < 0 || *seconds > kLargestCount / 1'000) return std::nullopt;
  return plausible_time(*seconds * 1'000);
}

std::optional<std::uint64_t> count_member(const json_t* object, const char* key) {
  const auto count = integer_member(object, key);
  if (!count || *count < 0 || *count > kLargestCount) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

void take_login(const json_t* login, UserReport& report) {
  report.login = login_member(login, "state");
  report.login_problem = text_member(login, "problem", 300);
  report.login_expires = time_member(login, "login_expires_at");
  report.login_rejected = true_member(login, "rejected");
}

void take_backup(const json_t* backup, UserReport& report) {
  report.backup = one_of<BackupSeen>(kBackups, backup, "state").value_or(BackupSeen::unknown);
  if (report.backup == BackupSeen::valid && true_member(backup, "other_host"))
    report.backup = BackupSeen::other_host;
  report.backed_up_at = time_member(backup, "at");
  report.backed_up_by = text_member(backup, "by", 64);
}

void take_tokens(const json_t* root, UserReport& report) {
  const json_t* const setup = json_object_get(root, "setup_token");
  report.setup_token =
      one_of<SetupTokenSeen>(kSetupTokens, setup, "state").value_or(SetupTokenSeen::unknown);
  report.setup_token_expires = time_member(setup, "expires_at");
  const json_t* const vault = json_object_get(root, "vault_token");
  report.vault_token =
      one_of<VaultTokenSeen>(kVaultTokens, vault, "state").value_or(VaultTokenSeen::unknown);
  report.vault_token_expires = time_member(vault, "expires_at");
}

void take_history(const json_t* root, UserReport& report) {
  const json_t* const last = json_object_get(root, "last");
  report.last_status = status_member(last, "status");
  report.last_reason = text_member(last, "reason", 500);
  report.last_at = time_member(last, "at");
  report.last_success = time_member(root, "last_success_at");
  report.heals = count_member(root, "heals");
  report.restores = count_member(root, "restores");
}

}  // namespace

std::expected<UserReport, std::string> parse_user_report(std::string_view text) {
  if (text.size() > kMaxReport)
    return std::unexpected("his claude-auth-sync answered more than a status report can be");
  const auto root = parse_object(text);
  if (!root) return std::unexpected("his claude-auth-sync answered no status report");
  if (integer_member(root->get(), "format") != kFormat)
    return std::unexpected("his claude-auth-sync reports in a format of another version");
  UserReport report;
  report.problem = text_member(root->get(), "problem", 500);
  report.enrolled = true_member(root->get(), "enrolled");
  report.paused = true_member(root->get(), "paused");
  report.on_setup_token = string_member(root->get(), "mode") == "setup_token";
  take_login(json_object_get(root->get(), "login"), report);
  take_backup(json_object_get(root->get(), "backup"), report);
  take_tokens(root->get(), report);
  take_history(root->get(), report);
  return report;
}

}  // namespace claude_auth
