// The user's document and the state file: what is read of them whoever wrote them.
#include "jobs/document.h"

#include <sodium.h>

#include "claude/oauth_env.h"
#include "cmocka_cpp.h"
#include "table.h"
#include "user_home.h"

namespace claude_auth {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr char kLogin[] = R"("{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresAt\":7}")";

StoredDocument document_of(const std::string& text) {
  auto fields = parse_object(text);
  if (!fields) fail_msg("no JSON object: %s", text.c_str());
  return {.fields = std::move(*fields), .version = 1};
}

void every_login_field_has_its_state(void**) {
  using enum RestoreSituation::Document;
  const std::string key = R"({"claude_ai_oauth_json":)";
  const Row<std::string, RestoreSituation::Document> rows[] = {
      {"a valid login", key + kLogin + "}", valid},
      {"no field", "{}", none},
      {"garbled", key + R"("garbled"})", not_valid},
      {"empty", key + R"(""})", not_valid},
      {"null", key + "null}", not_valid},
      {"an object in place of a string", key + "{}}", not_valid},
      {"wiped", key + R"("{\"accessToken\":\"\"}"})", not_valid},
      {"a number that a rewrite would change",
       key + R"("{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresAt\":1e999}"})", not_valid},
  };
  every_row_holds(rows, [](const std::string& text) {
    const StoredDocument stored = document_of(text);
    const Document document(stored);
    assert_true((document.login() != nullptr) ==
                (document.login_state() == RestoreSituation::Document::valid));
    return document.login_state();
  });
}

void an_absent_document_has_nothing(void**) {
  const StoredDocument stored;
  const Document document(stored);
  assert_true(document.login_state() == RestoreSituation::Document::none);
  assert_true(document.setup_token().empty());
  assert_false(document.backed_up_at().has_value());
  assert_false(document.is_of_other_host("this-host"));
}

void times_of_other_tools_are_understood(void**) {
  constexpr Instant kAt{1'800'000'000s};
  const Row<const char*, std::optional<Instant>> rows[] = {
      {"ours", "2027-01-15T08:00:00Z", kAt},
      {"with a fraction", "2027-01-15T08:00:00.123456Z", kAt},
      {"with an offset of zero", "2027-01-15T08:00:00+00:00", kAt},
      {"without a zone", "2027-01-15T08:00:00", kAt},
      {"east of Greenwich", "2027-01-15T10:00:00+02:00", kAt},
      {"west of Greenwich", "2027-01-15T02:30:00-05:30", kAt},
      {"a fraction and an offset", "2027-01-15T10:00:00.5+02:00", kAt},
      {"empty", "", std::nullopt},
      {"words", "yesterday", std::nullopt},
      {"a date alone", "2027-01-15", std::nullopt},
      {"no such day", "2027-02-30T08:00:00Z", std::nullopt},
      {"no such month", "2027-13-01T08:00:00Z", std::nullopt},
      {"no such hour", "2027-01-15T24:00:00Z", std::nullopt},
      {"no such minute", "2027-01-15T08:60:00Z", std::nullopt},
      {"no such year", "99999-01-15T08:00:00Z", std::nullopt},
      {"something behind", "2027-01-15T08:00:00 or so", std::nullopt},
  };
  every_row_holds(rows, [](const char* text) {
    const StoredDocument stored = document_of("{\"backed_up_at\":\"" + std::string(text) + "\"}");
    return Document(stored).backed_up_at();
  });
}

void a_host_is_another_one_only_where_it_is_named(void**) {
  const Row<const char*, bool> rows[] = {
      {"ours", R"({"backed_up_by":"this-host"})", false},
      {"another one", R"({"backed_up_by":"other-host"})", true},
      {"not named", "{}", false},
      {"empty", R"({"backed_up_by":""})", false},
      {"no string", R"({"backed_up_by":7})", false},
  };
  every_row_holds(rows, [](const char* text) {
    const StoredDocument stored = document_of(text);
    return Document(stored).is_of_other_host("this-host");
  });
}

void a_token_is_in_force_unless_it_is_rejected_or_none(void**) {
  Stamps stamps;
  stamps.rejected_setup_tokens.add(token_fingerprint(setup_token("bad")));
  const Row<std::string, bool> rows[] = {
      {"a token", R"({"setup_token":")" + setup_token("new") + "\"}", true},
      {"rejected", R"({"setup_token":")" + setup_token("bad") + "\"}", false},
      {"another shape", R"({"setup_token":"TEST"})", false},
      {"no string", R"({"setup_token":7})", false},
      {"none", "{}", false},
  };
  every_row_holds(rows, [&](const std::string& text) {
    const StoredDocument stored = document_of(text);
    return setup_token_in_force(Document(stored), stamps);
  });
}

void a_soft_deleted_document_can_be_written_to(void**) {
  const StoredDocument deleted{.fields = nullptr, .version = 7};
  const Json fields = with_backup_time(deleted, Instant(1'800'000'000s));
  assert_string_equal(dump(fields.get()).c_str(), R"({"backed_up_at":"2027-01-15T08:00:00Z"})");
}

void a_change_leaves_the_document_it_came_from(void**) {
  const StoredDocument stored = document_of(R"({"setup_token":"TEST","other":1})");
  static_cast<void>(without_setup_token(stored));
  assert_string_equal(dump(stored.fields.get()).c_str(), R"({"setup_token":"TEST","other":1})");
}

void the_state_file_keeps_every_stamp(void**) {
  const UserHome home;
  home.change_stamps([&](Stamps& stamps) {
    stamps.store_read_at = home.clock.at;
    stamps.store_attempt_at = home.clock.at + 1ms;
    stamps.store_retry_at = home.clock.at + 2ms;
    stamps.verified_vault_token = "made-up";
    stamps.vault_token_verified_at = home.clock.at + 3ms;
    stamps.accepted_setup_tokens.add("made-up-a");
    stamps.rejected_setup_tokens.add("made-up-r");
    stamps.setup_token_stored_at = home.clock.at + 4ms;
  });
  const Stamps stamps = home.stamps();
  assert_true(stamps.store_read_at == home.clock.at);
  assert_true(stamps.store_attempt_at == home.clock.at + 1ms);
  assert_true(stamps.store_retry_at == home.clock.at + 2ms);
  assert_string_equal(stamps.verified_vault_token.c_str(), "made-up");
  assert_true(stamps.vault_token_verified_at == home.clock.at + 3ms);
  assert_true(stamps.accepted_setup_tokens.contains("made-up-a"));
  assert_true(stamps.rejected_setup_tokens.contains("made-up-r"));
  assert_true(stamps.setup_token_stored_at == home.clock.at + 4ms);
}

void a_state_file_of_other_types_is_an_empty_memory(void**) {
  for (
      const char* text :
      {"", "garbled", "{}",
       R"({"store_read_at_ms":"1","accepted_setup_tokens":{},"rejected_setup_tokens":[1,null]})"}) {
    const UserHome home;
    std::filesystem::create_directories(home.paths.state_dir);
    put(home.paths.state, text);
    const Stamps stamps = home.stamps();
    assert_false(stamps.store_read_at.has_value());
    assert_true(stamps.accepted_setup_tokens.all().empty());
    assert_true(stamps.rejected_setup_tokens.all().empty());
  }
}

void the_last_8_fingerprints_are_kept(void**) {
  Fingerprints fingerprints;
  for (int number = 1; number <= 9; ++number) fingerprints.add(std::to_string(number));
  assert_false(fingerprints.contains("1"));
  assert_true(fingerprints.contains("2"));
}

void a_fingerprint_that_is_added_again_is_the_youngest(void**) {
  Fingerprints fingerprints;
  for (int number = 1; number <= 8; ++number) fingerprints.add(std::to_string(number));
  fingerprints.add("1");
  fingerprints.add("9");
  assert_true(fingerprints.contains("1"));
  assert_false(fingerprints.contains("2"));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_login_field_has_its_state),
      cmocka_unit_test(an_absent_document_has_nothing),
      cmocka_unit_test(times_of_other_tools_are_understood),
      cmocka_unit_test(a_host_is_another_one_only_where_it_is_named),
      cmocka_unit_test(a_token_is_in_force_unless_it_is_rejected_or_none),
      cmocka_unit_test(a_soft_deleted_document_can_be_written_to),
      cmocka_unit_test(a_change_leaves_the_document_it_came_from),
      cmocka_unit_test(the_state_file_keeps_every_stamp),
      cmocka_unit_test(a_state_file_of_other_types_is_an_empty_memory),
      cmocka_unit_test(the_last_8_fingerprints_are_kept),
      cmocka_unit_test(a_fingerprint_that_is_added_again_is_the_youngest),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
