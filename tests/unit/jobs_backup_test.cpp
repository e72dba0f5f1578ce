// `backup`: what goes into the store, and what of it stays.
#include "jobs/backup.h"

#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "jobs/pause.h"
#include "store/local_store.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

Ran back_up(const UserHome& home) {
  return home.run([](Context& context) { return backup(context, BackupSource::file); });
}

/// The generation in the document, as its access token tells.
std::string backed_up_generation(const UserHome& home) {
  const auto login = parse_object(home.field("claude_ai_oauth_json"));
  if (!login) return "none";
  const std::string access(string_member(login->get(), "accessToken").value_or(""));
  return access.substr(access.rfind('-') + 1);
}

void a_first_backup_makes_the_document(void**) {
  const UserHome home;
  home.write_login("one", 8h);
  const Ran ran = back_up(home);
  assert_string_equal(ran.words().c_str(), "OK");
  assert_int_equal(ran.exit_status, 0);
  const StoredDocument stored = home.document();
  assert_int_equal(stored.version, 1);
  assert_int_equal(json_object_size(stored.fields.get()), 4);
  const Json file = home.credentials();
  assert_string_equal(home.field("claude_ai_oauth_json").c_str(),
                      dump(json_object_get(file.get(), "claudeAiOauth")).c_str());
  assert_string_equal(home.field("credential_expires_at_ms").c_str(), "1800028800000");
  assert_string_equal(home.field("backed_up_at").c_str(), "2027-01-15T08:00:00Z");
  assert_string_equal(home.field("backed_up_by").c_str(), "this-host");
}

void an_unchanged_login_is_not_written(void**) {
  UserHome home;
  home.backed_up("one");
  home.clock.at += 24h - 1s;
  assert_string_equal(back_up(home).words().c_str(), "OK");
  assert_int_equal(home.document().version, 1);
}

void the_same_tokens_in_other_bytes_are_not_written(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_login_with("one", R"(,"accountUuid":"made-up")");
  assert_string_equal(back_up(home).words().c_str(), "OK");
  assert_int_equal(home.document().version, 1);
}

void a_new_generation_is_written(void**) {
  const UserHome home;
  home.backed_up("one");
  home.backed_up("two");
  assert_string_equal(backed_up_generation(home).c_str(), "two");
}

void once_a_day_only_the_time_is_written(void**) {
  UserHome home;
  home.backed_up("one");
  const std::string login = home.field("claude_ai_oauth_json");
  home.clock.at += 24h;
  static_cast<void>(back_up(home));
  assert_int_equal(home.document().version, 2);
  assert_string_equal(home.field("backed_up_at").c_str(), "2027-01-16T08:00:00Z");
  assert_string_equal(home.field("claude_ai_oauth_json").c_str(), login.c_str());
}

void a_stale_copy_does_not_replace_the_newer_generation(void**) {
  const UserHome home;
  home.backed_up("one");
  home.backed_up("two");
  home.write_login("one");
  const Ran ran = back_up(home);
  assert_string_equal(ran.words().c_str(), "WARN");
  assert_string_equal(backed_up_generation(home).c_str(), "two");
}

void a_login_that_ends_earlier_than_the_unknown_one_in_the_store_is_not_written(void**) {
  const UserHome home;
  home.backed_up("one");
  home.set_field(
      "claude_ai_oauth_json",
      R"({"accessToken":"TEST-a-unknown","refreshToken":"TEST-r","expiresAt":1800100000000})");
  assert_string_equal(back_up(home).words().c_str(), "WARN");
  assert_string_equal(backed_up_generation(home).c_str(), "unknown");
}

void a_stale_copy_that_was_never_seen_here_does_not_replace_the_newer_generation(void**) {
  const UserHome home;
  home.backed_up("two");
  home.write_login("one", 7h);
  static_cast<void>(home.login());
  const Ran ran = back_up(home);
  assert_string_equal(ran.words().c_str(), "WARN");
  assert_string_equal(backed_up_generation(home).c_str(), "two");
}

void a_clock_that_was_wrong_keeps_no_later_login_out(void**) {
  UserHome home;
  home.backed_up("of-tomorrow", 24h * 400);
  home.backed_up("one");
  home.clock.at += 1h;
  home.backed_up("two");
  assert_string_equal(backed_up_generation(home).c_str(), "two");
}

void keys_of_others_survive_with_their_exact_value(void**) {
  const UserHome home;
  home.set_field("vaultwarden_made_up", "TEST \xC3\xA4\n\\\"");
  home.set_field("setup_token_note", "");
  home.backed_up("one");
  assert_string_equal(home.field("vaultwarden_made_up").c_str(), "TEST \xC3\xA4\n\\\"");
  assert_string_equal(home.field("setup_token_note").c_str(), "");
}

constexpr char kSiblings[] =
    R"({"vaultwarden_url":"https://vw.example.org/","vaultwarden_":"","vaultwarden_ 名 \n":)"
    R"("\u0000 between \u0000","vaultwarden_text":"\"\\ \n\t\u001F Zürich 東京 🔑 \\u0000",)"
    R"("vaultwarden_numbers":[0,-1,9223372036854775807,-9223372036854775808,0.1,-0.0,1e22,1.5e-7],)"
    R"("vaultwarden_nested":{"a":{"":[[],{},null,true,false,{"claude_ai_oauth_json":"not ours"}]}}})";

/// Every field but those of a backup.
std::string siblings_in(const UserHome& home) {
  const StoredDocument stored = home.document();
  for (const char* ours :
       {"claude_ai_oauth_json", "credential_expires_at_ms", "backed_up_at", "backed_up_by"})
    json_object_del(stored.fields.get(), ours);
  return dump(stored.fields.get());
}

void sibling_keys_survive_a_thousand_backups(void**) {
  const UserHome home;
  const auto siblings = parse_object(kSiblings);
  assert_true(siblings.has_value());
  assert_true(LocalStore(home.paths.local_store).write(**siblings, 0, Deadline::in(20s)) == 1);
  for (int i = 1; i <= 1000; ++i) home.backed_up(std::to_string(i));
  assert_int_equal(home.document().version, 1001);
  assert_string_equal(siblings_in(home).c_str(), kSiblings);
}

void a_document_without_a_valid_login_gets_one(void**) {
  const UserHome home;
  home.set_field("claude_ai_oauth_json", "garbled");
  home.backed_up("one");
  assert_string_equal(backed_up_generation(home).c_str(), "one");
}

void a_setup_token_in_force_keeps_the_login_out(void**) {
  const UserHome home;
  home.set_field("setup_token", setup_token("new"));
  home.write_login("one");
  assert_string_equal(back_up(home).words().c_str(), "SKIP");
  assert_string_equal(home.field("claude_ai_oauth_json").c_str(), "none");
}

void a_rejected_setup_token_does_not(void**) {
  const UserHome home;
  home.set_field("setup_token", setup_token("bad"));
  home.change_stamps([](Stamps& stamps) {
    stamps.rejected_setup_tokens.add(token_fingerprint(setup_token("bad")));
  });
  home.backed_up("one");
  assert_string_equal(backed_up_generation(home).c_str(), "one");
}

void only_a_valid_login_is_written(void**) {
  for (const char* bytes : {R"({})", "garbled", R"({"claudeAiOauth":{"accessToken":""}})",
                            R"({"claudeAiOauth":{"accessToken":"TEST"}})"}) {
    const UserHome home;
    home.backed_up("one");
    home.write_credentials(bytes);
    const Ran ran = back_up(home);
    assert_string_equal(ran.words().c_str(), "FAIL");
    assert_int_equal(ran.exit_status, 1);
    assert_string_equal(backed_up_generation(home).c_str(), "one");
    assert_int_equal(home.document().version, 1);
  }
}

void a_missing_login_enrols_nobody(void**) {
  const UserHome home;
  assert_string_equal(back_up(home).words().c_str(), "FAIL");
  assert_false(exists(home.paths.local_store));
}

void a_store_that_cannot_be_read_is_not_written(void**) {
  const UserHome home;
  home.backed_up("one");
  home.garble_store();
  home.write_login("two");
  const std::size_t before = entries_in(home.paths.local_store);
  assert_string_equal(back_up(home).words().c_str(), "FAIL");
  assert_int_equal(entries_in(home.paths.local_store), before);
}

void another_hosts_login_is_replaced_with_a_warning(void**) {
  UserHome home;
  home.backed_up("one");
  home.config.host_name = "other-host";
  home.write_login("two");
  const Ran ran = back_up(home);
  assert_string_equal(ran.words().c_str(), "WARN OK");
  assert_true(ran.logs("this-host"));
  assert_string_equal(home.field("backed_up_by").c_str(), "other-host");
}

void a_paused_user_is_left_alone(void**) {
  const UserHome home;
  home.write_login("one");
  static_cast<void>(home.run(pause));
  assert_string_equal(back_up(home).words().c_str(), "SKIP");
  assert_false(exists(home.paths.local_store));
}

void a_wipe_that_a_backup_sees_is_remembered(void**) {
  const UserHome home;
  home.backed_up("one");
  const std::string hash = home.stamps().generations.last_seen();
  home.wipe();
  static_cast<void>(back_up(home));
  assert_true(home.stamps().generations.is_dead(hash));
}

/// A backup as the watch asks for it: the login comes over a pipe.
Ran back_up_piped(const UserHome& home, const std::string& login) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail();
  const UniqueFd saved(::dup(STDIN_FILENO));
  ::dup2(ends[0], STDIN_FILENO);
  ::close(ends[0]);
  if (::write(ends[1], login.data(), login.size()) != static_cast<ssize_t>(login.size())) fail();
  ::close(ends[1]);
  Ran ran =
      home.run([](Context& context) { return backup(context, BackupSource::standard_input); });
  ::dup2(saved.get(), STDIN_FILENO);
  return ran;
}

void a_login_from_the_watch_is_written_whatever_the_file_says(void**) {
  const UserHome home;
  home.backed_up("one");
  home.wipe();
  const Ran ran = back_up_piped(
      home,
      R"({"accessToken":"TEST-a-two","refreshToken":"TEST-r-two","expiresAt":1900000000000})");
  assert_string_equal(ran.words().c_str(), "OK");
  assert_string_equal(backed_up_generation(home).c_str(), "two");
}

void only_a_valid_login_is_taken_from_the_watch(void**) {
  for (const char* text : {"", "garbled", R"({"accessToken":"","refreshToken":"","expiresAt":0})",
                           R"({"claudeAiOauth":{}})"}) {
    const UserHome home;
    home.backed_up("one");
    assert_string_equal(back_up_piped(home, text).words().c_str(), "FAIL");
    assert_int_equal(home.document().version, 1);
  }
}

void nothing_secret_is_logged(void**) {
  const UserHome home;
  home.backed_up("one");
  home.write_credentials(R"({"claudeAiOauth":{"accessToken":"sk-ant-oat01-TEST-access-x)");
  static_cast<void>(back_up(home));
  assert_false(contents(home.paths.log).contains("TEST"));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  // A thousand backups need no disk to wait for.
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_first_backup_makes_the_document),
      cmocka_unit_test(an_unchanged_login_is_not_written),
      cmocka_unit_test(the_same_tokens_in_other_bytes_are_not_written),
      cmocka_unit_test(a_new_generation_is_written),
      cmocka_unit_test(once_a_day_only_the_time_is_written),
      cmocka_unit_test(a_stale_copy_does_not_replace_the_newer_generation),
      cmocka_unit_test(a_login_that_ends_earlier_than_the_unknown_one_in_the_store_is_not_written),
      cmocka_unit_test(a_stale_copy_that_was_never_seen_here_does_not_replace_the_newer_generation),
      cmocka_unit_test(a_clock_that_was_wrong_keeps_no_later_login_out),
      cmocka_unit_test(keys_of_others_survive_with_their_exact_value),
      cmocka_unit_test(sibling_keys_survive_a_thousand_backups),
      cmocka_unit_test(a_document_without_a_valid_login_gets_one),
      cmocka_unit_test(a_setup_token_in_force_keeps_the_login_out),
      cmocka_unit_test(a_rejected_setup_token_does_not),
      cmocka_unit_test(only_a_valid_login_is_written),
      cmocka_unit_test(a_missing_login_enrols_nobody),
      cmocka_unit_test(a_store_that_cannot_be_read_is_not_written),
      cmocka_unit_test(another_hosts_login_is_replaced_with_a_warning),
      cmocka_unit_test(a_paused_user_is_left_alone),
      cmocka_unit_test(a_wipe_that_a_backup_sees_is_remembered),
      cmocka_unit_test(a_login_from_the_watch_is_written_whatever_the_file_says),
      cmocka_unit_test(only_a_valid_login_is_taken_from_the_watch),
      cmocka_unit_test(nothing_secret_is_logged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
