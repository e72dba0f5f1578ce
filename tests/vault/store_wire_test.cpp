// The messages between claude-auth-sync and claude-auth-store, and the frames that carry them.
#include "store/store_wire.h"

#include <sodium.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "base/unique_fd.h"
#include "store/frame.h"

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

using namespace store_wire;

constexpr const char* kSettings =
    R"({"address":"https://vault.example:8200","ca_cert":"","ca_path":"","client_cert":"",)"
    R"("client_key":"","tls_server_name":"","namespace":"","proxy":"","mount":"secret",)"
    R"("path":"a/b","redirect_hosts":["b.example"],"request_timeout":10000,"max_retries":2})";

std::string open_text(const std::string& token, const std::string& settings = kSettings) {
  return R"({"op":"open","ms":5,"settings":)" + settings + R"(,"token":")" + token + "\"}";
}

void assert_refused(const std::string& request) {
  if (decode_request(request)) fail_msg("accepted: %s", request.c_str());
}

void assert_reply_refused(const std::string& reply) {
  if (decode_reply(reply)) fail_msg("accepted: %s", reply.c_str());
}

void open_keeps_every_setting(void**) {
  VaultSettings settings;
  settings.address = "https://vault.example:8200";
  settings.ca_cert = "1";
  settings.ca_path = "2";
  settings.client_cert = "3";
  settings.client_key = "4";
  settings.tls_server_name = "5";
  settings.name_space = "6";
  settings.proxy_address = "7";
  settings.mount = "8";
  settings.path = "9";
  settings.redirect_hosts = {"10", "11"};
  settings.request_timeout = Millis(12);
  settings.max_retries = 13;
  const std::string text =
      encode(Request{OpenRequest{settings, Secret::copy_of("s.TEST")}, Millis(5)});
  const auto request = decode_request(text);
  assert_true(request.has_value());
  assert_string_equal(encode(*request).c_str(), text.c_str());
}

void open_takes_the_token(void**) {
  const auto request = decode_request(open_text("s.TEST"));
  assert_true(request.has_value());
  assert_true(std::get<OpenRequest>(request->demand).token.view() == "s.TEST");
}

void a_token_that_would_break_a_header_is_refused(void**) {
  assert_refused(open_text(R"(s.TEST\r\nX-Evil: 1)"));
}

void an_empty_token_is_refused(void**) {
  assert_refused(open_text(""));
}

void a_setting_too_many_is_refused(void**) {
  std::string settings = kSettings;
  settings.insert(1, R"("shell":"x",)");
  assert_refused(open_text("s.TEST", settings));
}

void a_setting_too_few_is_refused(void**) {
  assert_refused(open_text("s.TEST", R"({"address":"https://vault.example:8200"})"));
}

void requests_that_are_none_are_refused(void**) {
  for (const char* text :
       {"", "[]", "{}", R"({"op":"read"})", R"({"op":"read","ms":"1"})", R"({"op":"read","ms":-1})",
        R"({"op":"read","ms":99999999999})", R"({"op":"read","ms":1,"extra":1})",
        R"({"op":"exec","ms":1})", R"({"op":"write","ms":1,"fields":{}})",
        R"({"op":"write","ms":1,"fields":[],"cas":1})",
        R"({"op":"write","ms":1,"fields":{},"cas":-1})",
        R"({"op":"read","op":"write","ms":1,"fields":{},"cas":1})"}) {
    assert_refused(text);
  }
}

void a_write_keeps_every_value(void**) {
  const std::string fields = R"({"a":"\u0000ü","n":null,"t":1795287463563,"r":1.5,"o":{"l":[1]}})";
  const auto request = decode_request(R"({"op":"write","ms":1,"cas":7,"fields":)" + fields + "}");
  assert_true(request.has_value());
  const auto again = decode_request(encode(*request));
  const auto& write = std::get<WriteRequest>(again->demand);
  assert_true(json_equal(write.fields.get(), parse_object(fields)->get()));
}

void endless_time_is_cut_to_what_the_child_accepts(void**) {
  assert_true(decode_request(encode(Request{ReadRequest{}, Millis::max()})).has_value());
}

template <typename Kind>
Kind round_trip(Reply reply) {
  auto decoded = decode_reply(encode(reply));
  assert_true(decoded.has_value());
  assert_true(std::holds_alternative<Kind>(*decoded));
  return std::move(std::get<Kind>(*decoded));
}

void an_absent_document_stays_absent(void**) {
  const auto document = round_trip<StoredDocument>(StoredDocument{nullptr, 4});
  assert_null(document.fields.get());
  assert_int_equal(document.version, 4);
}

void token_facts_keep_their_values(void**) {
  const auto facts = round_trip<TokenFacts>(
      TokenFacts{"token-x", {"default", "p"}, {"q"}, "accessor", std::chrono::seconds(9), true});
  assert_string_equal(facts.display_name.c_str(), "token-x");
  assert_true(facts.policies == (std::vector<std::string>{"default", "p"}));
  assert_true(facts.identity_policies == std::vector<std::string>{"q"});
  assert_string_equal(facts.accessor.c_str(), "accessor");
  assert_true(facts.ttl == std::chrono::seconds(9));
  assert_true(facts.renewable);
}

void a_ttl_that_never_ends_stays_so(void**) {
  assert_false(round_trip<TokenFacts>(TokenFacts{}).ttl.has_value());
}

void a_renewal_keeps_its_values(void**) {
  const auto renewal = round_trip<Renewal>(Renewal{std::chrono::seconds(5), true});
  assert_int_equal(renewal.ttl.count(), 5);
  assert_true(renewal.renewable);
}

void every_kind_of_error_keeps_its_kind(void**) {
  for (const StoreErrorKind kind :
       {StoreErrorKind::conflict, StoreErrorKind::unreachable, StoreErrorKind::sealed,
        StoreErrorKind::denied, StoreErrorKind::misconfigured, StoreErrorKind::busy,
        StoreErrorKind::garbled, StoreErrorKind::local_io}) {
    assert_true(round_trip<StoreError>(StoreError{kind, "why", {}}).kind == kind);
  }
}

void an_error_keeps_retry_after(void**) {
  const auto error = round_trip<StoreError>(StoreError{StoreErrorKind::busy, "why", Millis(1500)});
  assert_true(error.retry_after == Millis(1500));
}

void replies_that_are_none_are_refused(void**) {
  for (const char* text :
       {"", "null", "{}", R"({"opened":{}})", R"({"opened":{"warning":"","x":1}})",
        R"({"document":{"fields":{}}})", R"({"document":{"fields":1,"version":1}})",
        R"({"document":{"fields":{},"version":-1}})",
        R"({"document":{"fields":{"a":1,"a":2},"version":1}})",
        R"({"document":{"fields":{"a":0.12345678901234567890},"version":1}})",
        R"({"written":{"version":"1"}})", R"({"written":{"version":1},"opened":{"warning":""}})",
        R"({"error":{"kind":"fine","sentence":""}})", R"({"error":{"kind":"busy"}})",
        R"({"token":{"display_name":1}})", R"({"renewal":{"ttl":1}})",
        R"({"renewal":{"ttl":9223372036854775807,"renewable":true}})", R"({"what":{}})"}) {
    assert_reply_refused(text);
  }
}

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

Ends connected() {
  std::array<int, 2> ends{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Deadline at_once() {
  return Deadline::in(Millis(20));
}

void a_frame_arrives_as_it_was_sent(void**) {
  const Ends ends = connected();
  assert_true(send_frame(ends.ours.get(), "hello", at_once()).has_value());
  const auto text = receive_frame(ends.theirs.get(), at_once());
  assert_true(text.has_value());
  assert_string_equal(text->c_str(), "hello");
}

void a_frame_above_the_cap_is_not_sent(void**) {
  const Ends ends = connected();
  const auto sent = send_frame(ends.ours.get(), std::string(kMaxFrame + 1, 'x'), at_once());
  assert_true(!sent && sent.error() == FrameError::oversized);
}

void a_length_above_the_cap_is_not_read(void**) {
  const Ends ends = connected();
  assert_int_equal(::send(ends.ours.get(), "\x00\x40\x00\x01", 4, 0), 4);
  const auto text = receive_frame(ends.theirs.get(), at_once());
  assert_true(!text && text.error() == FrameError::oversized);
}

void half_a_frame_is_no_frame(void**) {
  Ends ends = connected();
  assert_int_equal(::send(ends.ours.get(), "\x00\x00\x00\x05he", 6, 0), 6);
  ends.ours.reset();
  const auto text = receive_frame(ends.theirs.get(), at_once());
  assert_true(!text && text.error() == FrameError::closed);
}

void silence_ends_at_the_deadline(void**) {
  const Ends ends = connected();
  const auto text = receive_frame(ends.theirs.get(), at_once());
  assert_true(!text && text.error() == FrameError::timed_out);
}

void a_reader_that_stops_ends_the_sender_at_the_deadline(void**) {
  const Ends ends = connected();
  const auto sent = send_frame(ends.ours.get(), std::string(kMaxFrame, 'x'), at_once());
  assert_true(!sent && sent.error() == FrameError::timed_out);
}

void a_closed_reader_raises_no_signal(void**) {
  Ends ends = connected();
  ends.theirs.reset();
  const auto sent = send_frame(ends.ours.get(), "hello", at_once());
  assert_true(!sent && sent.error() == FrameError::closed);
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(open_keeps_every_setting),
      cmocka_unit_test(open_takes_the_token),
      cmocka_unit_test(a_token_that_would_break_a_header_is_refused),
      cmocka_unit_test(an_empty_token_is_refused),
      cmocka_unit_test(a_setting_too_many_is_refused),
      cmocka_unit_test(a_setting_too_few_is_refused),
      cmocka_unit_test(requests_that_are_none_are_refused),
      cmocka_unit_test(a_write_keeps_every_value),
      cmocka_unit_test(endless_time_is_cut_to_what_the_child_accepts),
      cmocka_unit_test(an_absent_document_stays_absent),
      cmocka_unit_test(token_facts_keep_their_values),
      cmocka_unit_test(a_ttl_that_never_ends_stays_so),
      cmocka_unit_test(a_renewal_keeps_its_values),
      cmocka_unit_test(every_kind_of_error_keeps_its_kind),
      cmocka_unit_test(an_error_keeps_retry_after),
      cmocka_unit_test(replies_that_are_none_are_refused),
      cmocka_unit_test(a_frame_arrives_as_it_was_sent),
      cmocka_unit_test(a_frame_above_the_cap_is_not_sent),
      cmocka_unit_test(a_length_above_the_cap_is_not_read),
      cmocka_unit_test(half_a_frame_is_no_frame),
      cmocka_unit_test(silence_ends_at_the_deadline),
      cmocka_unit_test(a_reader_that_stops_ends_the_sender_at_the_deadline),
      cmocka_unit_test(a_closed_reader_raises_no_signal),
  };
  return cmocka_run_group_tests_name("store_wire", tests, nullptr, nullptr);
}
