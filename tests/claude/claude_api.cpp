#include "claude_api.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace claude_auth::testing {
namespace {

constexpr const char* kReply = "AUTH_OK";

Json string_value(std::string_view text) {
  return Json(json_stringn(text.data(), text.size()));
}

Answer api_error(unsigned status, const char* type, const char* message) {
  const Json detail = new_object();
  set_string(detail.get(), "type", type);
  set_string(detail.get(), "message", message);
  const Json body = new_object();
  set_string(body.get(), "type", "error");
  set_member(body.get(), "error", deep_copy(detail.get()));
  return {status, dump(body.get()), {}};
}

Answer oauth_error(const char* code) {
  const Json body = new_object();
  set_string(body.get(), "error", code);
  set_string(body.get(), "error_description", "Refresh token not found or invalid");
  return {400, dump(body.get()), {}};
}

Json usage() {
  Json counts = new_object();
  set_integer(counts.get(), "input_tokens", 1);
  set_integer(counts.get(), "output_tokens", 1);
  return counts;
}

/// The message object of the Messages API, with `content` as its one block or none.
Json message_object(const char* model, const char* text) {
  Json message = new_object();
  set_string(message.get(), "id", "msg_TEST");
  set_string(message.get(), "type", "message");
  set_string(message.get(), "role", "assistant");
  set_string(message.get(), "model", model);
  Json content(json_array());
  if (text != nullptr) {
    Json block = new_object();
    set_string(block.get(), "type", "text");
    set_string(block.get(), "text", text);
    json_array_append_new(content.get(), block.release());
  }
  set_member(message.get(), "content", std::move(content));
  set_member(message.get(), "stop_reason",
             text != nullptr ? string_value("end_turn") : Json(json_null()));
  set_member(message.get(), "stop_sequence", nullptr);
  set_member(message.get(), "usage", usage());
  return message;
}

std::string event(const char* type,
                  std::initializer_list<std::pair<const char*, const Json*>> members) {
  const Json data = new_object();
  set_string(data.get(), "type", type);
  for (const auto& [key, value] : members) set_member(data.get(), key, deep_copy(value->get()));
  return std::string("event: ") + type + "\ndata: " + dump(data.get()) + "\n\n";
}

/// The reply as server-sent events, the order of the Messages API's documentation.
std::string event_stream(const char* model) {
  const Json index(json_integer(0));
  const Json empty_block = new_object();
  set_string(empty_block.get(), "type", "text");
  set_string(empty_block.get(), "text", "");
  const Json text = new_object();
  set_string(text.get(), "type", "text_delta");
  set_string(text.get(), "text", kReply);
  const Json end = new_object();
  set_string(end.get(), "stop_reason", "end_turn");
  set_member(end.get(), "stop_sequence", nullptr);
  const Json start = message_object(model, nullptr);
  const Json counts = usage();
  return event("message_start", {{"message", &start}}) +
         event("content_block_start", {{"index", &index}, {"content_block", &empty_block}}) +
         event("content_block_delta", {{"index", &index}, {"delta", &text}}) +
         event("content_block_stop", {{"index", &index}}) +
         event("message_delta", {{"delta", &end}, {"usage", &counts}}) + event("message_stop", {});
}

}  // namespace

Json ClaudeApi::log_in() {
  const IssuedLogin issued = ledger_.log_in(lifetime_, clock_.now());
  Json login = new_object();
  set_string(login.get(), "accessToken", issued.access_token);
  set_string(login.get(), "refreshToken", issued.refresh_token);
  set_integer(login.get(), "expiresAt", issued.expires_at.time_since_epoch().count());
  set_strings(login.get(), "scopes", {"user:inference", "user:profile"});
  set_string(login.get(), "subscriptionType", "max");
  return login;
}

Answer ClaudeApi::handle(const ApiRequest& request) {
  if (request.path.starts_with("double/")) return control(request);
  if (request.method == "POST" && request.path == "messages") return message(request);
  if (request.method == "POST" && request.path == "oauth/token") return refresh(request);
  return api_error(404, "not_found_error", "Not found");
}

Answer ClaudeApi::message(const ApiRequest& request) {
  ++messages_;
  if (std::ranges::find(tokens_seen_, request.token) == tokens_seen_.end())
    tokens_seen_.push_back(request.token);
  switch (ledger_.check(request.token, clock_.now())) {
    case AccessVerdict::accepted:
      break;
    case AccessVerdict::unknown:
      return api_error(401, "authentication_error", "Invalid bearer token");
    case AccessVerdict::expired:
      return api_error(401, "authentication_error", "OAuth token has expired.");
    case AccessVerdict::revoked:
      return api_error(401, "authentication_error", "OAuth token has been revoked.");
  }
  const auto body = parse_object(request.body);
  if (!body) return api_error(400, "invalid_request_error", "not a JSON object");
  const std::string model(string_member(body->get(), "model").value_or("made-up"));
  if (json_is_true(json_object_get(body->get(), "stream")))
    return {200, event_stream(model.c_str()), {{"Content-Type", "text/event-stream"}}};
  return {200, dump(message_object(model.c_str(), kReply).get()), {}};
}

Answer ClaudeApi::refresh(const ApiRequest& request) {
  ++refreshes_;
  const auto body = parse_object(request.body);
  if (!body || string_member(body->get(), "grant_type") != "refresh_token")
    return oauth_error("unsupported_grant_type");
  const std::string token(string_member(body->get(), "refresh_token").value_or(""));
  const auto issued = ledger_.refresh(token, lifetime_, clock_.now());
  if (!issued) return oauth_error("invalid_grant");
  const Json reply = new_object();
  set_string(reply.get(), "token_type", "Bearer");
  set_string(reply.get(), "access_token", issued->access_token);
  set_string(reply.get(), "refresh_token", issued->refresh_token);
  set_integer(reply.get(), "expires_in",
              std::chrono::floor<std::chrono::seconds>(lifetime_).count());
  set_string(reply.get(), "scope",
             string_member(body->get(), "scope").value_or("user:inference user:profile"));
  return {200, dump(reply.get()), {}};
}

/// POST double/logins: a log-in's claudeAiOauth object. POST double/accept and double/revoke
/// {"token"}. POST double/lifetime {"ms"}. GET double/counters.
Answer ClaudeApi::control(const ApiRequest& request) {
  const auto parsed = parse_object(request.body);
  const json_t* body = parsed ? parsed->get() : nullptr;
  const std::string token(string_member(body, "token").value_or(""));
  if (request.path == "double/logins") return {200, dump(log_in().get()), {}};
  if (request.path == "double/accept") {
    ledger_.accept(token);
    return no_content();
  }
  if (request.path == "double/revoke") {
    ledger_.revoke(token);
    return no_content();
  }
  if (request.path == "double/lifetime") {
    lifetime_ = Millis(integer_member(body, "ms").value_or(lifetime_.count()));
    return no_content();
  }
  if (request.path != "double/counters") return api_error(404, "not_found_error", "Not found");
  const Json counters = new_object();
  for (const auto& [name, value] :
       {std::pair{"messages", messages_}, std::pair{"refreshes", refreshes_},
        std::pair{"log_ins", ledger_.log_ins()}, std::pair{"rotations", ledger_.rotations()},
        std::pair{"reuses", ledger_.reuses()}, std::pair{"refusals", ledger_.refusals()}})
    set_integer(counters.get(), name, static_cast<std::int64_t>(value));
  set_strings(counters.get(), "tokens_seen", tokens_seen_);
  return {200, dump(counters.get()), {}};
}

}  // namespace claude_auth::testing
