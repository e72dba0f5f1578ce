// `status --json`: each member of the object, as claude-auth-sync(1) promises it.
#include "jobs/status_json.h"

#include <sodium.h>
#include <sys/stat.h>

#include <filesystem>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "jobs/change.h"
#include "jobs/pause.h"
#include "jobs/status.h"
#include "standard_streams.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// What `path`, names with dots between them, leads to, as JSON; "absent" where nothing is.
std::string member(const json_t* object, std::string path) {
  for (std::size_t dot = 0; (dot = path.find('.')) != std::string::npos; path.erase(0, dot + 1))
    object = json_object_get(object, path.substr(0, dot).c_str());
  const json_t* found = json_object_get(object, path.c_str());
  return found == nullptr ? "absent" : dump(found);
}

void materialize(const UserHome& home, const std::string& token) {
  const auto written =
      write_token_env(home.context(), Secret::copy_of(token), Deadline::in(Millis(20'000)));
  if (!written) fail_msg("%s", written.error().sentence.c_str());
}

void use_vault(UserHome& home) {
  home.config.store = StoreKind::vault;
  std::filesystem::create_directories(home.paths.config_dir);
  put(home.paths.vault_token, "hvs.TEST\n");
}

struct Promise {
  const char* name;
  void (*prepare)(UserHome&);
  Reach reach;
  const char* path;
  const char* value;
};

constexpr Reach kAll = Reach::everywhere;
constexpr Reach kHere = Reach::this_host;

const auto kHealthy = [](UserHome& home) { home.backed_up("one", 8h); };
const auto kNothing = [](UserHome&) {};

const Promise kPromises[] = {
    {"the format", kHealthy, kAll, "format", "1"},
    {"the user", kHealthy, kAll, "user", R"("made-up-user")"},
    {"the host", kHealthy, kAll, "host", R"("this-host")"},
    {"the local store", kHealthy, kAll, "store", R"("local")"},
    {"the store in Vault", use_vault, kHere, "store", R"("vault")"},
    {"enrolled", kHealthy, kAll, "enrolled", "true"},
    {"not enrolled", kNothing, kAll, "enrolled", "false"},
    {"not paused", kHealthy, kAll, "paused", "false"},
    {"paused", [](UserHome& home) { static_cast<void>(home.run(pause)); }, kAll, "paused", "true"},
    {"no problem", kHealthy, kAll, "problem", "absent"},

    {"a login of its own", kHealthy, kAll, "mode", R"("oauth")"},
    {"a setup token", [](UserHome& home) { home.set_field("setup_token", setup_token("a")); }, kAll,
     "mode", R"("setup_token")"},
    {"a setup token that is here",
     [](UserHome& home) {
       use_vault(home);
       materialize(home, setup_token("a"));
     },
     kHere, "mode", R"("setup_token")"},

    {"a valid login", kHealthy, kAll, "login.state", R"("valid")"},
    {"its access token's end", kHealthy, kAll, "login.access_token_expires_at", "1800028800"},
    {"the login's end unknown", kHealthy, kAll, "login.login_expires_at", "absent"},
    {"the login's end",
     [](UserHome& home) {
       home.write_login_with("one", R"(,"refreshTokenExpiresAt":1800100000999)");
     },
     kAll, "login.login_expires_at", "1800100000"},
    {"a login that nobody rejected", kHealthy, kAll, "login.rejected", "false"},
    {"no login that could be rejected", kNothing, kAll, "login.rejected", "absent"},
    {"a wiped login",
     [](UserHome& home) {
       home.backed_up("one");
       home.wipe();
     },
     kAll, "login.state", R"("wiped")"},
    {"a lost login", kNothing, kAll, "login.state", R"("lost")"},
    {"a log-out",
     [](UserHome& home) {
       home.backed_up("one");
       home.log_out();
     },
     kAll, "login.state", R"("logged_out")"},
    {"a malformed login", [](UserHome& home) { home.write_credentials("garbled"); }, kAll,
     "login.state", R"("malformed")"},
    {"an unreadable login", [](UserHome& home) { ::mkfifo(home.paths.credentials.c_str(), 0600); },
     kAll, "login.state", R"("unreadable")"},

    {"a valid backup", kHealthy, kAll, "backup.state", R"("valid")"},
    {"its time", kHealthy, kAll, "backup.at", "1800000000"},
    {"its host", kHealthy, kAll, "backup.by", R"("this-host")"},
    {"a host of one's own", kHealthy, kAll, "backup.other_host", "false"},
    {"another host",
     [](UserHome& home) {
       home.backed_up("one");
       home.config.host_name = "other-host";
     },
     kAll, "backup.other_host", "true"},
    {"no backup", kNothing, kAll, "backup.state", R"("none")"},
    {"a backup that is none",
     [](UserHome& home) { home.set_field("claude_ai_oauth_json", "garbled"); }, kAll,
     "backup.state", R"("not_valid")"},
    {"a backup in a store that fails", [](UserHome& home) { home.garble_store(); }, kAll,
     "backup.state", R"("unknown")"},
    {"a backup in a store that is not asked", use_vault, kHere, "backup.state", R"("unknown")"},

    {"no setup token", kHealthy, kAll, "setup_token.state", R"("none")"},
    {"one that was never tried",
     [](UserHome& home) { home.set_field("setup_token", setup_token("a")); }, kAll,
     "setup_token.state", R"("untried")"},
    {"one that was accepted",
     [](UserHome& home) {
       home.set_field("setup_token", setup_token("a"));
       home.change_stamps([](Stamps& stamps) {
         stamps.accepted_setup_tokens.add(token_fingerprint(setup_token("a")));
       });
     },
     kAll, "setup_token.state", R"("in_force")"},
    {"one that was rejected",
     [](UserHome& home) {
       home.set_field("setup_token", setup_token("a"));
       home.change_stamps([](Stamps& stamps) {
         stamps.rejected_setup_tokens.add(token_fingerprint(setup_token("a")));
       });
     },
     kAll, "setup_token.state", R"("rejected")"},
    {"something else in its field",
     [](UserHome& home) { home.set_field("setup_token", "something else"); }, kAll,
     "setup_token.state", R"("malformed")"},
    {"one in a store that is not asked", use_vault, kHere, "setup_token.state", R"("unknown")"},
    {"the end of its year",
     [](UserHome& home) {
       home.set_field("setup_token", setup_token("a"));
       home.set_field("setup_token_stored_at", "2027-01-15T08:00:00Z");
     },
     kAll, "setup_token.expires_at", "1831536000"},

    {"no Vault token without Vault", kHealthy, kAll, "vault_token", "absent"},
    {"a Vault token that is there", use_vault, kHere, "vault_token.state", R"("present")"},
    {"a Vault token that is not", [](UserHome& home) { home.config.store = StoreKind::vault; },
     kAll, "vault_token.state", R"("absent")"},
    {"a Vault token that others can read",
     [](UserHome& home) {
       use_vault(home);
       put(home.paths.vault_token, "hvs.TEST\n", 0644);
     },
     kAll, "vault_token.state", R"("unreadable")"},

    {"no job has ended", kNothing, kAll, "last", "absent"},
    {"the last word", kHealthy, kAll, "last.status", R"("OK")"},
    {"its reason", kHealthy, kAll, "last.reason", R"("login backed up")"},
    {"its time", kHealthy, kAll, "last.at", "1800000000"},
    {"the last success", kHealthy, kAll, "last_success_at", "1800000000"},
    {"no success yet", kNothing, kAll, "last_success_at", "absent"},
    {"heals", kHealthy, kAll, "heals", "0"},
    {"restores",
     [](UserHome& home) {
       home.backed_up("one");
       home.lose();
       static_cast<void>(home.login());
     },
     kAll, "restores", "1"},

    {"nothing to do", kHealthy, kAll, "to_do", "absent"},
    {"a login that may be in the store",
     [](UserHome& home) {
       use_vault(home);
       home.config.login_command = "log in";
     },
     kHere, "to_do", R"("`claude-auth-sync restore`, else `log in`")"},
};

void each_member_is_as_promised(void**) {
  std::size_t wrong = 0;
  for (const Promise& promise : kPromises) {
    UserHome home;
    promise.prepare(home);
    const Json object = status_as_json(gather_status(home.context(), promise.reach));
    const std::string value = member(object.get(), promise.path);
    if (value == promise.value) continue;
    print_error("wrong: %s: %s is %s\n", promise.name, promise.path, value.c_str());
    ++wrong;
  }
  assert_int_equal(wrong, 0);
}

void the_server_s_answer_is_in_it(void**) {
  StatusReport report;
  report.now = Instant(1'800'000'000s);
  report.store = StoreKind::vault;
  report.login.emplace();
  report.vault_token = {.state = VaultTokenState::ours,
                        .problem = {},
                        .facts = TokenFacts{.display_name = "",
                                            .policies = {},
                                            .identity_policies = {},
                                            .accessor = "",
                                            .ttl = 3'600s}};
  const Json object = status_as_json(report);
  assert_string_equal(member(object.get(), "vault_token").c_str(),
                      R"({"state":"ours","expires_at":1800003600})");
}

void an_absurd_time_to_live_is_none(void**) {
  const VaultTokenReport token{.state = VaultTokenState::ours,
                               .problem = {},
                               .facts = TokenFacts{.display_name = "",
                                                   .policies = {},
                                                   .identity_policies = {},
                                                   .accessor = "",
                                                   .ttl = std::chrono::seconds::max()}};
  assert_false(end_of(token, Instant(1'800'000'000s)).has_value());
}

void what_outranks_the_login_is_a_warning(void**) {
  UserHome home;
  home.backed_up("one");
  home.environment = {{"ANTHROPIC_API_KEY", "TEST-key"}};
  const Json object = status_as_json(gather_status(home.context(), kAll));
  assert_true(member(object.get(), "warnings").contains("ANTHROPIC_API_KEY"));
  assert_false(member(object.get(), "warnings").contains("TEST-key"));
}

void warnings_are_always_a_list(void**) {
  const UserHome home;
  const Json object = status_as_json(gather_status(home.context(), kAll));
  assert_string_equal(member(object.get(), "warnings").c_str(), "[]");
}

void a_state_that_cannot_be_read_is_said(void**) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.state_dir);
  assert_int_equal(::mkfifo(home.paths.state.c_str(), 0600), 0);
  int exit_status = 0;
  const std::string text =
      output_of([&] { exit_status = print_status_json(gather_status(home.context(), kAll)); });
  assert_int_equal(exit_status, 1);
  const auto object = parse_object(text);
  assert_true(object.has_value());
  assert_true(member(object->get(), "problem").contains(home.paths.state));
  assert_true(member(object->get(), "to_do").contains(home.paths.state));
  assert_string_equal(member(object->get(), "store").c_str(), R"("local")");
  assert_string_equal(member(object->get(), "login").c_str(), "absent");
}

void a_refused_configuration_is_said(void**) {
  const UserHome home;
  home.backed_up("one");
  const StatusReport report = status_without_configuration(
      {.user = home.user, .paths = home.paths, .environment = no_environment()}, home.clock.at,
      "the configuration is refused");
  int exit_status = 0;
  const std::string text = output_of([&] { exit_status = print_status_json(report); });
  assert_int_equal(exit_status, 1);
  assert_string_equal(text.c_str(),
                      R"({"format":1,"user":"made-up-user","paused":false,)"
                      R"("problem":"the configuration is refused",)"
                      R"("last":{"status":"OK","reason":"login backed up","at":1800000000},)"
                      R"("last_success_at":1800000000,"heals":0,"restores":0,"warnings":[],)"
                      R"("to_do":"the configuration is refused"})"
                      "\n");
}

void a_store_that_fails_is_no_failure_of_ours(void**) {
  const UserHome home;
  home.garble_store();
  int exit_status = 1;
  static_cast<void>(
      output_of([&] { exit_status = print_status_json(gather_status(home.context(), kAll)); }));
  assert_int_equal(exit_status, 0);
}

void nothing_secret_is_in_it(void**) {
  UserHome home;
  home.backed_up("one");
  home.set_field("setup_token", setup_token("a"));
  const Json object = status_as_json(gather_status(home.context(), kAll));
  assert_false(dump(object.get()).contains("TEST"));
}

void nothing_unprintable_is_in_it(void**) {
  UserHome home;
  home.user.name = "made-\x1b[31mup-\xff";
  home.set_field("claude_ai_oauth_json", "garbled");
  home.set_field("backed_up_by", "\x1b]0;title");
  const Json object = status_as_json(gather_status(home.context(), kAll));
  assert_string_equal(member(object.get(), "user").c_str(), R"("made-?[31mup-?")");
  assert_string_equal(member(object.get(), "backup.by").c_str(), R"("?]0;title")");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_member_is_as_promised),
      cmocka_unit_test(the_server_s_answer_is_in_it),
      cmocka_unit_test(an_absurd_time_to_live_is_none),
      cmocka_unit_test(what_outranks_the_login_is_a_warning),
      cmocka_unit_test(warnings_are_always_a_list),
      cmocka_unit_test(a_state_that_cannot_be_read_is_said),
      cmocka_unit_test(a_refused_configuration_is_said),
      cmocka_unit_test(a_store_that_fails_is_no_failure_of_ours),
      cmocka_unit_test(nothing_secret_is_in_it),
      cmocka_unit_test(nothing_unprintable_is_in_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
