// What each reply of a Vault server means: the tables, row by row.
#include <string>
#include <vector>

#include "reply_rows.h"
#include "vault/kv.h"
#include "vault/token.h"

namespace claude_auth::testing {
namespace {

constexpr const char* kName = "secret/workstation/claude-users/emo";

auto read_of(const HttpReply& reply) {
  return document_in(reply, kName);
}
auto write_of(const HttpReply& reply) {
  return version_in(reply, kName);
}
auto mount_of(const HttpReply& reply) {
  return check_mount(reply, "secret");
}

void reads_know_the_common_failures(void**) {
  assert_rows(common_rows(), read_of);
}
void writes_know_the_common_failures(void**) {
  assert_rows(common_rows(), write_of);
}
void preflights_know_the_common_failures(void**) {
  std::vector<Row> rows = common_rows();
  // Without options a mount is no version 2: said as such.
  std::erase_if(rows,
                [](const Row& row) { return row.reply.body == "{}" && row.reply.status == 200; });
  assert_rows(rows, mount_of);
}
void look_ups_know_the_common_failures(void**) {
  assert_rows(common_rows(), token_facts_in);
}
void renewals_know_the_common_failures(void**) {
  assert_rows(common_rows(), renewal_in);
}

void nothing_but_a_clear_404_is_absent(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {
          {"no mount", reply(404, errors(R"(no handler for route \"nomount/data/x\".)")),
           misconfigured},
          {"a proxy's page", reply(404, "<html>not found</html>"), garbled},
          {"an empty body", reply(404, ""), garbled},
          {"no errors member", reply(404, "{}"), garbled},
          {"some error", reply(404, errors("unsupported path")), garbled},
          {"more than errors", reply(404, R"({"errors":[],"data":1})"), garbled},
          {"errors of another type", reply(404, R"({"errors":null})"), garbled},
          {"metadata without version", reply(404, data(R"({"data":null,"metadata":{}})")), garbled},
          {"fields in a 404", reply(404, data(R"({"data":{},"metadata":{"version":3}})")), garbled},
      },
      read_of);
}

void an_empty_error_list_is_absence(void**) {
  const auto document = read_of(reply(404, R"({"errors":[]})"));
  assert_true(document.has_value());
  assert_null(document->fields.get());
  assert_int_equal(document->version, 0);
}

void a_deleted_version_keeps_its_number(void**) {
  const auto document = read_of(reply(
      404,
      data(R"({"data":null,"metadata":{"version":3,"deletion_time":"x","destroyed":false}})")));
  assert_true(document.has_value());
  assert_null(document->fields.get());
  assert_int_equal(document->version, 3);
}

void a_document_is_its_fields_and_version(void**) {
  const auto document = read_of(reply(200, data(R"({"data":{"a":"b"},"metadata":{"version":7}})")));
  assert_true(document.has_value());
  assert_true(string_member(document->fields.get(), "a") == "b");
  assert_int_equal(document->version, 7);
}

void documents_that_are_none_are_garbled(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {
          {"fields of null", reply(200, data(R"({"data":null,"metadata":{"version":3}})")),
           garbled},
          {"version 1", reply(200, data(R"({"a":"b"})")), garbled},
          {"no metadata", reply(200, data(R"({"data":{}})")), garbled},
          {"version 0", reply(200, data(R"({"data":{},"metadata":{"version":0}})")), garbled},
          {"version a string", reply(200, data(R"({"data":{},"metadata":{"version":"1"}})")),
           garbled},
          {"fields a list", reply(200, data(R"({"data":[],"metadata":{"version":1}})")), garbled},
          {"a number that would change",
           reply(200, data(R"({"data":{"n":1.00000000000000000001},"metadata":{"version":1}})")),
           garbled},
      },
      read_of);
}

void a_mismatch_is_a_conflict(void**) {
  const auto result =
      write_of(reply(400, errors("check-and-set parameter did not match the current version")));
  assert_true(!result && result.error().kind == StoreErrorKind::conflict);
}

void a_write_tells_its_version(void**) {
  const auto version = write_of(reply(200, data(R"({"version":8,"destroyed":false})")));
  assert_true(version.has_value());
  assert_int_equal(*version, 8);
}

void writes_without_a_version_are_failures(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {
          {"version 1 says no content", reply(204, ""), garbled},
          {"check-and-set required",
           reply(400, errors("check-and-set parameter required for this call")), misconfigured},
          {"no mount", reply(404, errors("no handler for route")), misconfigured},
          {"no version", reply(200, data("{}")), garbled},
          {"version 0", reply(200, data(R"({"version":0})")), garbled},
      },
      write_of);
}

void version_2_at_the_mount_is_good(void**) {
  assert_true(
      mount_of(reply(200, data(R"({"path":"secret/","options":{"version":"2"}})"))).has_value());
}

void other_mounts_are_misconfigured(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {
          {"version 1", reply(200, data(R"({"path":"secret/","options":{"version":"1"}})")),
           misconfigured},
          {"no options", reply(200, data(R"({"path":"secret/","options":null})")), misconfigured},
          {"a deeper mount", reply(200, data(R"({"path":"secret/a/","options":{"version":"2"}})")),
           misconfigured},
          {"no access", reply(403, errors("preflight capability check returned 403")), denied},
      },
      mount_of);
}

constexpr const char* kLookUp =
    R"({"accessor":"A","display_name":"token-x","policies":["default","p"],"ttl":60,)"
    R"("expire_time":"2026-12-23T18:57:44Z","renewable":true})";

void a_look_up_gives_the_facts(void**) {
  const auto facts = token_facts_in(reply(200, data(kLookUp)));
  assert_true(facts.has_value());
  assert_string_equal(facts->display_name.c_str(), "token-x");
  assert_string_equal(facts->accessor.c_str(), "A");
  assert_true(facts->ttl == std::chrono::seconds(60));
  assert_true(facts->renewable);
}

void optional_facts_may_be_missing(void**) {
  const auto facts = token_facts_in(
      reply(200, data(R"({"accessor":"A","display_name":"d","policies":null,"ttl":0,)"
                      R"("expire_time":null,"identity_policies":["q"]})")));
  assert_true(facts.has_value());
  assert_false(facts->ttl.has_value());
  assert_false(facts->renewable);
  assert_true(facts->identity_policies == std::vector<std::string>{"q"});
}

void look_ups_of_other_shapes_are_garbled(void**) {
  using enum StoreErrorKind;
  assert_rows(
      {
          {"no data", reply(200, data("null")), garbled},
          {"no name", reply(200, data(R"({"accessor":"A","policies":[],"ttl":1})")), garbled},
          {"policies of numbers",
           reply(200, data(R"({"accessor":"A","display_name":"d","policies":[1],"ttl":1})")),
           garbled},
          {"negative ttl",
           reply(200, data(R"({"accessor":"A","display_name":"d","policies":[],"ttl":-1})")),
           garbled},
      },
      token_facts_in);
}

void a_renewal_gives_its_duration(void**) {
  const auto renewal =
      renewal_in(reply(200, R"({"auth":{"lease_duration":2764800,"renewable":true}})"));
  assert_true(renewal.has_value());
  assert_int_equal(renewal->ttl.count(), 2'764'800);
}

void a_token_that_is_not_renewable_is_misconfigured(void**) {
  const auto renewal = renewal_in(reply(400, errors("lease is not renewable")));
  assert_true(!renewal && renewal.error().kind == StoreErrorKind::misconfigured);
}

void retry_after_reaches_the_error(void**) {
  HttpReply limited = reply(429, "");
  limited.retry_after = std::chrono::seconds(7);
  assert_true(read_of(limited).error().retry_after == std::chrono::seconds(7));
}

void sentences_are_printable_whatever_the_server_says(void**) {
  const auto result = read_of(reply(500, errors(R"(\u001b[2J\nFAIL user=root %s\u0000)")));
  for (const char c : result.error().sentence) assert_in_range(c, ' ', '~');
}

void an_error_over_several_lines_is_said_on_one(void**) {
  const auto result =
      read_of(reply(403, errors(R"(1 error occurred:\n\t* permission denied\n\n)")));
  assert_true(result.error().sentence.contains(": 1 error occurred: * permission denied (HTTP "));
}

void sentences_never_carry_a_body_that_is_no_error(void**) {
  const auto result = read_of(reply(500, R"({"data":{"data":{"setup_token":"TEST-secret"}}})"));
  assert_true(result.error().sentence.find("TEST-secret") == std::string::npos);
}

void only_what_can_pass_is_worth_retrying(void**) {
  for (const long status : {412L, 429L, 500L, 502L, 503L, 504L}) {
    assert_true(worth_retrying(reply(status, "")));
  }
  for (const long status : {200L, 204L, 307L, 400L, 403L, 404L, 405L, 413L, 472L, 473L, 501L}) {
    assert_false(worth_retrying(reply(status, "")));
  }
  assert_true(worth_retrying(reply(400, errors("Upgrading from non-versioned to versioned data"))));
}

}  // namespace
}  // namespace claude_auth::testing

int main() {
  using namespace claude_auth::testing;
  const CMUnitTest tests[] = {
      cmocka_unit_test(reads_know_the_common_failures),
      cmocka_unit_test(writes_know_the_common_failures),
      cmocka_unit_test(preflights_know_the_common_failures),
      cmocka_unit_test(look_ups_know_the_common_failures),
      cmocka_unit_test(renewals_know_the_common_failures),
      cmocka_unit_test(nothing_but_a_clear_404_is_absent),
      cmocka_unit_test(an_empty_error_list_is_absence),
      cmocka_unit_test(a_deleted_version_keeps_its_number),
      cmocka_unit_test(a_document_is_its_fields_and_version),
      cmocka_unit_test(documents_that_are_none_are_garbled),
      cmocka_unit_test(a_mismatch_is_a_conflict),
      cmocka_unit_test(a_write_tells_its_version),
      cmocka_unit_test(writes_without_a_version_are_failures),
      cmocka_unit_test(version_2_at_the_mount_is_good),
      cmocka_unit_test(other_mounts_are_misconfigured),
      cmocka_unit_test(a_look_up_gives_the_facts),
      cmocka_unit_test(optional_facts_may_be_missing),
      cmocka_unit_test(look_ups_of_other_shapes_are_garbled),
      cmocka_unit_test(a_renewal_gives_its_duration),
      cmocka_unit_test(a_token_that_is_not_renewable_is_misconfigured),
      cmocka_unit_test(retry_after_reaches_the_error),
      cmocka_unit_test(sentences_are_printable_whatever_the_server_says),
      cmocka_unit_test(an_error_over_several_lines_is_said_on_one),
      cmocka_unit_test(sentences_never_carry_a_body_that_is_no_error),
      cmocka_unit_test(only_what_can_pass_is_worth_retrying),
  };
  return cmocka_run_group_tests_name("reply_classes", tests, nullptr, nullptr);
}
