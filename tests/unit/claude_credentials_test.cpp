// helper/claude/credentials: what a credentials file is worth, and what a restore keeps of it.
#include "claude/credentials.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "cmocka_cpp.h"
#include "forked.h"
#include "table.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

Json parsed(const std::string& text) {
  auto object = parse_object(text);
  if (!object) fail_msg("no JSON object: %s", text.c_str());
  return std::move(*object);
}

/// A login with `members` in place of its tokens, expiry and scopes.
std::string login_of(const std::string& members) {
  return R"({"subscriptionType":"max",)" + members + "}";
}

constexpr char kTokens[] = R"("accessToken":"TEST-access","refreshToken":"TEST-refresh")";

CredentialsContent content_of(const std::string& bytes) {
  return parse_credentials(bytes, "/made-up/.credentials.json").content;
}

void every_login_has_its_shape(void**) {
  const std::string tokens = kTokens;
  const Row<std::string, LoginShape> rows[] = {
      {"complete", tokens + R"(,"expiresAt":1,"scopes":["a","user:inference"])", LoginShape::valid},
      {"expired long ago", tokens + R"(,"expiresAt":0)", LoginShape::valid},
      {"a real number as expiry", tokens + R"(,"expiresAt":1.5e12)", LoginShape::valid},
      {"scopes as a string", tokens + R"(,"expiresAt":1,"scopes":"a user:inference b")",
       LoginShape::valid},
      {"scopes as the last word", tokens + R"(,"expiresAt":1,"scopes":"a user:inference")",
       LoginShape::valid},
      {"unknown keys", tokens + R"(,"expiresAt":1,"refreshTokenExpiresAt":2,"new":{})",
       LoginShape::valid},

      {"no access token", R"("refreshToken":"TEST-refresh","expiresAt":1)", LoginShape::wiped},
      {"no refresh token", R"("accessToken":"TEST-access","expiresAt":1)", LoginShape::wiped},
      {"empty access token", R"("accessToken":"","refreshToken":"TEST-refresh","expiresAt":1)",
       LoginShape::wiped},
      {"empty refresh token", R"("accessToken":"TEST-access","refreshToken":"","expiresAt":1)",
       LoginShape::wiped},
      {"as Claude wipes it",
       R"("accessToken":"","refreshToken":"","expiresAt":0,"scopes":["user:inference"])",
       LoginShape::wiped},
      {"wiped outranks a missing expiry", R"("accessToken":"","refreshToken":"")",
       LoginShape::wiped},

      {"access token is a number", R"("accessToken":1,"refreshToken":"r","expiresAt":1)",
       LoginShape::malformed},
      {"refresh token is null", R"("accessToken":"a","refreshToken":null,"expiresAt":1)",
       LoginShape::malformed},
      {"one token empty, the other no string", R"("accessToken":"","refreshToken":[])",
       LoginShape::malformed},
      {"no expiry", tokens, LoginShape::malformed},
      {"expiry is a string", tokens + R"(,"expiresAt":"1")", LoginShape::malformed},
      {"scopes without inference", tokens + R"(,"expiresAt":1,"scopes":["user:profile"])",
       LoginShape::malformed},
      {"scopes are an empty list", tokens + R"(,"expiresAt":1,"scopes":[])", LoginShape::malformed},
      {"a scope that only begins alike", tokens + R"(,"expiresAt":1,"scopes":"user:inference2")",
       LoginShape::malformed},
      {"a list of numbers as scopes", tokens + R"(,"expiresAt":1,"scopes":[1])",
       LoginShape::malformed},
      {"a number as scopes", tokens + R"(,"expiresAt":1,"scopes":1)", LoginShape::malformed},
      {"an empty string as scopes", tokens + R"(,"expiresAt":1,"scopes":"")",
       LoginShape::malformed},
  };
  every_row_holds(
      rows, [](const std::string& members) { return shape_of(parsed(login_of(members)).get()); });
}

void what_is_no_object_is_malformed(void**) {
  const Json list = parsed(R"({"a":[]})");
  assert_true(shape_of(json_object_get(list.get(), "a")) == LoginShape::malformed);
  assert_true(shape_of(nullptr) == LoginShape::malformed);
}

void every_file_has_its_content(void**) {
  const std::string valid =
      R"({"claudeAiOauth":)" + login_of(std::string(kTokens) + R"(,"expiresAt":1)") + "}";
  const Row<std::string, CredentialsContent> rows[] = {
      {"a login", valid, CredentialsContent::valid},
      {"a login and a newline", valid + "\n", CredentialsContent::valid},
      {"an empty object", "{}", CredentialsContent::no_login},
      {"other tools' keys only", R"({"mcpOAuth":{}})", CredentialsContent::no_login},
      {"wiped", R"({"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}})",
       CredentialsContent::wiped},
      {"an empty login object", R"({"claudeAiOauth":{}})", CredentialsContent::wiped},
      {"a login that is null", R"({"claudeAiOauth":null})", CredentialsContent::malformed},
      {"an empty file", "", CredentialsContent::malformed},
      {"blanks", " \n", CredentialsContent::malformed},
      {"a byte order mark", "\xEF\xBB\xBF" + valid, CredentialsContent::malformed},
      {"truncated", valid.substr(0, valid.size() - 1), CredentialsContent::malformed},
      {"trailing bytes", valid + "x", CredentialsContent::malformed},
      {"an array", "[" + valid + "]", CredentialsContent::malformed},
      {"zero bytes", std::string(64, '\0'), CredentialsContent::malformed},
      {"a key twice", R"({"mcpOAuth":1,"mcpOAuth":2})", CredentialsContent::unreadable},
      {"an integer beyond 64 bits", R"({"mcpOAuth":123456789012345678901234567890})",
       CredentialsContent::unreadable},
      {"more digits than a double keeps", R"({"mcpOAuth":0.12345678901234567890})",
       CredentialsContent::unreadable},
  };
  every_row_holds(rows, content_of);
}

void what_is_wrong_is_named_with_its_path(void**) {
  for (const char* bytes : {"", R"({"claudeAiOauth":1})", R"({"n":1e999})"}) {
    const CredentialsFile file = parse_credentials(bytes, "/made-up/file");
    assert_true(file.problem.starts_with("/made-up/file "));
  }
}

void a_problem_never_quotes_the_file(void**) {
  const CredentialsFile file = parse_credentials(R"({"a":"TEST-secret)", "/made-up/file");
  assert_false(file.problem.contains("TEST-secret"));
}

void the_login_is_given_of_a_valid_file_only(void**) {
  assert_null(parse_credentials(R"({"claudeAiOauth":{}})", "p").login());
  const CredentialsFile file = parse_credentials(
      R"({"claudeAiOauth":)" + login_of(std::string(kTokens) + R"(,"expiresAt":1)") + "}", "p");
  assert_true(string_member(file.login(), "accessToken") == "TEST-access");
}

Generation generation(const std::string& members) {
  return generation_of(*parsed(login_of(members)));
}

void the_same_tokens_are_one_generation_whatever_else_changed(void**) {
  const std::string tokens = kTokens;
  const Generation one = generation(tokens + R"(,"expiresAt":1)");
  const Generation other =
      generation(R"("refreshToken":"TEST-refresh","accessToken":"TEST-access",)"
                 R"("expiresAt":2,"scopes":"user:inference","accountUuid":"made-up")");
  assert_string_equal(one.hash.c_str(), other.hash.c_str());
}

void another_token_is_another_generation(void**) {
  const Generation one = generation(std::string(kTokens) + R"(,"expiresAt":1)");
  const Row<const char*, bool> rows[] = {
      {"another access token", R"("accessToken":"TEST-b","refreshToken":"TEST-refresh")", true},
      {"another refresh token", R"("accessToken":"TEST-access","refreshToken":"TEST-b")", true},
      {"swapped", R"("accessToken":"TEST-refresh","refreshToken":"TEST-access")", true},
      {"the border moved", R"("accessToken":"TEST-accessT","refreshToken":"EST-refresh")", true},
  };
  every_row_holds(rows, [&](const char* members) {
    return generation(std::string(members) + R"(,"expiresAt":1)").hash != one.hash;
  });
}

void an_expiry_that_counts_no_milliseconds_is_the_oldest(void**) {
  const Row<const char*, std::int64_t> rows[] = {
      {"an integer", "1800000000000", 1'800'000'000'000},
      {"a real", "1.8e12", 1'800'000'000'000},
      {"negative", "-5", -5},
      {"beyond what a double counts", "1e300", 0},
  };
  every_row_holds(rows, [](const char* number) {
    return generation(std::string(kTokens) + R"(,"expiresAt":)" + number).expires_at_ms;
  });
}

void the_end_of_the_refresh_token_is_known_where_claude_noted_it(void**) {
  const Json noted = parsed(R"({"refreshTokenExpiresAt":7})");
  assert_true(refresh_token_expires_at_ms(*noted) == 7);
  assert_false(
      refresh_token_expires_at_ms(*parsed(R"({"refreshTokenExpiresAt":"7"})")).has_value());
  assert_false(refresh_token_expires_at_ms(*new_object()).has_value());
  for (const char* beyond : {"-9223372036854775808", "0", "9223372036854775807"}) {
    const Json login = parsed(std::string(R"({"refreshTokenExpiresAt":)") + beyond + "}");
    assert_false(refresh_token_expires_at_ms(*login).has_value());
  }
}

void a_new_login_keeps_every_other_key_with_its_value(void**) {
  const Json root =
      parsed(R"({"unknown":[1,2.5,null,"\u0000"],"claudeAiOauth":{"accessToken":"","gone":1},)"
             R"("mcpOAuth":{"server":{"accessToken":"TEST-mcp","expiresAt":1}}})");
  const Json login = parsed(R"({"accessToken":"TEST-new"})");
  const Json expected =
      parsed(R"({"unknown":[1,2.5,null,"\u0000"],"claudeAiOauth":{"accessToken":"TEST-new"},)"
             R"("mcpOAuth":{"server":{"accessToken":"TEST-mcp","expiresAt":1}}})");
  assert_true(json_equal(parsed(with_login(root.get(), *login)).get(), expected.get()));
}

void a_new_login_needs_no_file_before_it(void**) {
  const Json login = parsed(R"({"accessToken":"TEST-new"})");
  assert_string_equal(with_login(nullptr, *login).c_str(),
                      R"({"claudeAiOauth":{"accessToken":"TEST-new"}})");
}

void a_new_login_leaves_its_sources_as_they_are(void**) {
  const Json root = parsed(R"({"claudeAiOauth":{}})");
  static_cast<void>(with_login(root.get(), *parsed(R"({"accessToken":"TEST-new"})")));
  assert_string_equal(dump(root.get()).c_str(), R"({"claudeAiOauth":{}})");
}

void without_a_login_every_other_key_is_kept(void**) {
  const Json root = parsed(R"({"claudeAiOauth":{"accessToken":"TEST"},"mcpOAuth":{"a":1},"b":[]})");
  assert_true(json_equal(parsed(without_login(*root)).get(),
                         parsed(R"({"mcpOAuth":{"a":1},"b":[]})").get()));
}

void nothing_is_left_of_a_file_that_held_a_login_alone(void**) {
  const Json root = parsed(R"({"claudeAiOauth":{"accessToken":"TEST"}})");
  assert_string_equal(without_login(*root).c_str(), "");
}

// --- the file itself ---

CredentialsFile read_here(const std::string& path) {
  return read_credentials(path, ::geteuid());
}

constexpr char kNoLogin[] = R"({"mcpOAuth":{}})";

void a_missing_file_is_absent_and_its_own_target(void**) {
  const TemporaryDirectory dir;
  const CredentialsFile file = read_here(dir / "f");
  assert_true(file.content == CredentialsContent::absent);
  assert_string_equal(file.target.c_str(), (dir / "f").c_str());
}

void a_missing_directory_is_absent_too(void**) {
  const TemporaryDirectory dir;
  assert_true(read_here(dir / "none/f").content == CredentialsContent::absent);
}

void an_oversized_file_is_malformed(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", "{" + std::string(kMaxCredentials, ' ') + "}");
  const CredentialsFile file = read_here(dir / "f");
  assert_true(file.content == CredentialsContent::malformed);
  assert_string_equal(file.target.c_str(), (dir / "f").c_str());
}

void a_symlink_leads_to_what_is_replaced(void**) {
  const TemporaryDirectory dir;
  put(dir / "real", kNoLogin);
  assert_int_equal(::symlink("real", (dir / "f").c_str()), 0);
  const CredentialsFile file = read_here(dir / "f");
  assert_true(file.content == CredentialsContent::no_login);
  assert_string_equal(file.target.c_str(), (dir / "real").c_str());
}

/// `path` proves nothing, and the sentence on it names it.
void assert_unreadable(const std::string& path) {
  const CredentialsFile file = read_here(path);
  assert_true(file.content == CredentialsContent::unreadable);
  assert_true(file.problem.contains(path));
}

void a_dangling_symlink_proves_nothing(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::symlink("none", (dir / "f").c_str()), 0);
  assert_unreadable(dir / "f");
}

void a_fifo_proves_nothing(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "f").c_str(), 0600), 0);
  assert_unreadable(dir / "f");
}

void a_directory_proves_nothing(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkdir((dir / "f").c_str(), 0700), 0);
  assert_unreadable(dir / "f");
}

void a_file_that_others_can_write_proves_nothing(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kNoLogin, 0622);
  assert_unreadable(dir / "f");
}

void a_file_that_others_can_read_is_taken_as_claude_does(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kNoLogin, 0644);
  assert_true(read_here(dir / "f").content == CredentialsContent::no_login);
}

void a_file_of_somebody_else_proves_nothing(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kNoLogin);
  assert_true(read_credentials(dir / "f", kNobody).content == CredentialsContent::unreadable);
}

void a_file_that_may_not_be_read_proves_nothing(void**) {
  const TemporaryDirectory dir;
  put(dir / "f", kNoLogin, 0000);
  if (::geteuid() == 0) assert_int_equal(::chown((dir / "f").c_str(), kNobody, kNobody), 0);
  assert_int_equal(::chmod(dir.path().c_str(), 0755), 0);
  assert_true(holds_without_root(
      [&] { return read_here(dir / "f").content == CredentialsContent::unreadable; }));
}

void every_account_record_has_its_meaning(void**) {
  const Row<const char*, AccountRecord> rows[] = {
      {"an account", R"({"oauthAccount":{"emailAddress":"made-up"}})", AccountRecord::present},
      {"no account", R"({"hasCompletedOnboarding":true})", AccountRecord::removed},
      {"garbled", R"({"oauthAccount":)", AccountRecord::unknown},
      {"empty", "", AccountRecord::unknown},
  };
  every_row_holds(rows, [](const char* text) {
    const TemporaryDirectory dir;
    put(dir / "f", text, 0644);
    return read_account_record(dir / "f", ::geteuid());
  });
}

void a_missing_account_record_proves_nothing(void**) {
  const TemporaryDirectory dir;
  assert_true(read_account_record(dir / "f", ::geteuid()) == AccountRecord::unknown);
}

void a_fifo_as_account_record_proves_nothing(void**) {
  const TemporaryDirectory dir;
  assert_int_equal(::mkfifo((dir / "f").c_str(), 0600), 0);
  assert_true(read_account_record(dir / "f", ::geteuid()) == AccountRecord::unknown);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_login_has_its_shape),
      cmocka_unit_test(what_is_no_object_is_malformed),
      cmocka_unit_test(every_file_has_its_content),
      cmocka_unit_test(what_is_wrong_is_named_with_its_path),
      cmocka_unit_test(a_problem_never_quotes_the_file),
      cmocka_unit_test(the_login_is_given_of_a_valid_file_only),
      cmocka_unit_test(the_same_tokens_are_one_generation_whatever_else_changed),
      cmocka_unit_test(another_token_is_another_generation),
      cmocka_unit_test(an_expiry_that_counts_no_milliseconds_is_the_oldest),
      cmocka_unit_test(the_end_of_the_refresh_token_is_known_where_claude_noted_it),
      cmocka_unit_test(a_new_login_keeps_every_other_key_with_its_value),
      cmocka_unit_test(a_new_login_needs_no_file_before_it),
      cmocka_unit_test(a_new_login_leaves_its_sources_as_they_are),
      cmocka_unit_test(a_missing_file_is_absent_and_its_own_target),
      cmocka_unit_test(a_missing_directory_is_absent_too),
      cmocka_unit_test(an_oversized_file_is_malformed),
      cmocka_unit_test(a_symlink_leads_to_what_is_replaced),
      cmocka_unit_test(a_dangling_symlink_proves_nothing),
      cmocka_unit_test(a_fifo_proves_nothing),
      cmocka_unit_test(a_directory_proves_nothing),
      cmocka_unit_test(a_file_that_others_can_write_proves_nothing),
      cmocka_unit_test(a_file_that_others_can_read_is_taken_as_claude_does),
      cmocka_unit_test(a_file_of_somebody_else_proves_nothing),
      cmocka_unit_test(a_file_that_may_not_be_read_proves_nothing),
      cmocka_unit_test(every_account_record_has_its_meaning),
      cmocka_unit_test(a_missing_account_record_proves_nothing),
      cmocka_unit_test(a_fifo_as_account_record_proves_nothing),
      cmocka_unit_test(without_a_login_every_other_key_is_kept),
      cmocka_unit_test(nothing_is_left_of_a_file_that_held_a_login_alone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
