#include "store_job.h"

#include <algorithm>

#include "home_history.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr char kNewLogin[] =
    R"({"accessToken":"sk-ant-oat01-TEST-second","refreshToken":"sk-ant-ort01-TEST-second",)"
    R"("expiresAt":4102444800000,"scopes":["user:inference"]})";

std::vector<std::string> login_arguments(const Patience& patience) {
  return {"login",
          "--pam",
          "--timeout",
          std::to_string(patience.login.count()),
          "--refresh-timeout",
          std::to_string(patience.refresh.count())};
}

// ---- what each job is there for

bool restored(const Done& done) {
  return done.after.credentials.contains("sk-ant-ort01-TEST-first") &&
         done.after.credentials.contains("TEST-mcp") && done.after.document == done.before.document;
}

bool backs_up(const Done& done) {
  return done.after.document.contains("sk-ant-ort01-TEST-second") &&
         done.after.document.contains("TEST-foreign") &&
         done.after.credentials == done.before.credentials;
}

bool has_token(const Done& done) {
  return done.output == std::string("T ") + kSetupToken + "\n" &&
         done.after.token_env == done.before.token_env;
}

bool has_token_without_a_word(const Done& done) {
  return has_token(done) && done.log.empty();
}

bool token_is_stored(const Done& done) {
  return done.after.document.contains(kSetupToken) && done.after.token_env.contains(kSetupToken) &&
         done.after.document.contains("TEST-foreign");
}

bool says_all_is_well(const Done& done) {
  return done.output.contains("\nbackup       valid") && !done.output.contains("\nto do ");
}

bool says_ours(const Done& done) {
  return done.output.contains(R"("state":"ours")");
}

// ---- how long each may take

Millis login_limit(const Patience& patience) {
  return patience.login;
}
Millis refresh_limit(const Patience& patience) {
  return patience.refresh;
}
/// The store's part of a job by hand or by the timer is over after a minute (docs/architecture.md).
Millis minute(const Patience&) {
  return 60s;
}

std::string last_line(const std::string& text) {
  if (text.empty()) return text;
  const std::size_t end = text.find_last_not_of('\n');
  const std::size_t before = text.rfind('\n', end);
  return text.substr(before + 1, end - before);
}

/// What follows `mark` in its line.
std::string after(const std::string& text, const std::string& mark, char end) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t from = at + mark.size();
  return text.substr(from, text.find(end, from) - from);
}

}  // namespace

const std::vector<StoreJob>& store_jobs() {
  static const std::vector<StoreJob> jobs = {
      {.name = "login",
       .prepare = login_lost,
       .arguments = login_arguments,
       .asks = kDocument,
       .is_login = true,
       .limit = login_limit,
       .succeeded = restored,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "login with a token",
       .prepare = token_in_force,
       .arguments = login_arguments,
       .asks = kDocument,
       .is_login = true,
       .limit = refresh_limit,
       .succeeded = has_token_without_a_word,
       .unharmed = has_token,
       .fails_as = "WARN",
       .fails_with = 0},
      {.name = "sync",
       .prepare = login_new,
       .arguments = [](const Patience&) { return std::vector<std::string>{"sync"}; },
       .asks = kAnything,
       .limit = minute,
       .succeeded = backs_up,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "backup",
       .prepare = login_new,
       .arguments = [](const Patience&) { return std::vector<std::string>{"backup"}; },
       .asks = kDocument | kWrite,
       .limit = minute,
       .succeeded = backs_up,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "restore",
       .prepare = login_lost,
       .arguments = [](const Patience&) { return std::vector<std::string>{"restore"}; },
       .asks = kDocument,
       .limit = minute,
       .succeeded = restored,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "setup-token set",
       .prepare = backed_up,
       .arguments = [](const Patience&) { return std::vector<std::string>{"setup-token", "set"}; },
       .input = kSetupToken,
       .asks = kDocument | kWrite,
       .limit = minute,
       .succeeded = token_is_stored,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "status",
       .prepare = backed_up,
       .arguments = [](const Patience&) { return std::vector<std::string>{"status"}; },
       .asks = kDocument | kWhoIs,
       .limit = minute,
       .succeeded = says_all_is_well,
       .fails_as = "",
       .fails_with = 1},
      {.name = "vault-token check",
       .prepare = backed_up,
       .arguments =
           [](const Patience&) { return std::vector<std::string>{"vault-token", "check"}; },
       .asks = kWhoIs,
       .limit = minute,
       .succeeded = says_ours,
       .fails_as = "",
       .fails_with = 0},
      {.name = "watch's backup",
       .prepare = backed_up,
       .arguments =
           [](const Patience&) { return std::vector<std::string>{"backup", "--from-stdin"}; },
       .input = kNewLogin,
       .asks = kDocument | kWrite,
       .limit = minute,
       .succeeded = backs_up,
       .fails_as = "FAIL",
       .fails_with = 1},
      {.name = "watch's login",
       .prepare = login_lost,
       .arguments =
           [](const Patience& patience) {
             std::vector<std::string> arguments = login_arguments(patience);
             arguments[1] = "--codes";
             return arguments;
           },
       .asks = kDocument,
       .is_login = true,
       .limit = login_limit,
       .succeeded = restored,
       .fails_as = "FAIL",
       .fails_with = 1},
  };
  return jobs;
}

std::string last_words(const Done& done) {
  if (!done.log.empty()) return last_line(done.log);
  if (const std::string to_do = after(done.output, "to do        ", '\n'); !to_do.empty())
    return to_do;
  return after(done.output, R"("problem":")", '"');
}

}  // namespace claude_auth::testing
