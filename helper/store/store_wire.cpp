#include "store/store_wire.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace claude_auth::store_wire {
namespace {

constexpr const char* kOpen = "open";
constexpr const char* kRead = "read";
constexpr const char* kWrite = "write";
constexpr const char* kLookUpSelf = "look_up_self";
constexpr const char* kRenewSelf = "renew_self";

struct KindName {
  StoreErrorKind kind;
  std::string_view name;
};

constexpr std::array kKindNames{
    KindName{StoreErrorKind::conflict, "conflict"},
    KindName{StoreErrorKind::unreachable, "unreachable"},
    KindName{StoreErrorKind::sealed, "sealed"},
    KindName{StoreErrorKind::denied, "denied"},
    KindName{StoreErrorKind::misconfigured, "misconfigured"},
    KindName{StoreErrorKind::busy, "busy"},
    KindName{StoreErrorKind::garbled, "garbled"},
    KindName{StoreErrorKind::local_io, "local_io"},
};

/// The members of settings that are plain text, under their names on the wire.
struct TextSetting {
  const char* name;
  std::string VaultSettings::* member;
};

constexpr std::array kTextSettings{
    TextSetting{"address", &VaultSettings::address},
    TextSetting{"ca_cert", &VaultSettings::ca_cert},
    TextSetting{"ca_path", &VaultSettings::ca_path},
    TextSetting{"client_cert", &VaultSettings::client_cert},
    TextSetting{"client_key", &VaultSettings::client_key},
    TextSetting{"tls_server_name", &VaultSettings::tls_server_name},
    TextSetting{"namespace", &VaultSettings::name_space},
    TextSetting{"proxy", &VaultSettings::proxy_address},
    TextSetting{"mount", &VaultSettings::mount},
    TextSetting{"path", &VaultSettings::path},
};

void set_owned(json_t* object, const char* key, Json value) {
  if (json_object_set_new(object, key, value.release()) != 0) throw std::bad_alloc();
}

void set_bool(json_t* object, const char* key, bool value) {
  set_owned(object, key, Json(json_boolean(value)));
}

/// Takes the members of an object one by one; `complete` is true where each was there, of its
/// type, and nothing else was.
class Members {
 public:
  explicit Members(const json_t* object) : object_(object), sound_(json_is_object(object)) {}

  std::string text(const char* key) {
    const auto value = string_member(object_, key);
    take(value.has_value());
    return std::string(value.value_or(std::string_view{}));
  }

  std::int64_t natural(const char* key) {
    const auto value = integer_member(object_, key);
    take(value.has_value() && *value >= 0);
    return value.value_or(0);
  }

  std::chrono::seconds duration(const char* key) {
    const auto value = server_duration(natural(key));
    require(value.has_value());
    return value.value_or(std::chrono::seconds{0});
  }

  [[nodiscard]] bool has(const char* key) const { return json_object_get(object_, key) != nullptr; }

  bool flag(const char* key) {
    const json_t* value = json_object_get(object_, key);
    take(json_is_boolean(value));
    return json_is_true(value);
  }

  std::vector<std::string> texts(const char* key) {
    const json_t* array = json_object_get(object_, key);
    take(json_is_array(array));
    std::vector<std::string> values;
    for (std::size_t i = 0; i < json_array_size(array); ++i) {
      const json_t* value = json_array_get(array, i);
      if (json_is_string(value)) {
        values.emplace_back(json_string_value(value), json_string_length(value));
      } else {
        sound_ = false;
      }
    }
    return values;
  }

  Json object(const char* key) {
    json_t* value = json_object_get(object_, key);
    take(json_is_object(value));
    return Json(json_is_object(value) ? json_incref(value) : nullptr);
  }

  Json object_or_null(const char* key) {
    if (!json_is_null(json_object_get(object_, key))) return object(key);
    take(true);
    return nullptr;
  }

  void require(bool holds) { sound_ = sound_ && holds; }

  [[nodiscard]] bool complete() const {
    return sound_ && json_object_size(object_) == static_cast<std::size_t>(taken_);
  }

 private:
  void take(bool as_expected) {
    sound_ = sound_ && as_expected;
    ++taken_;
  }

  const json_t* object_;
  bool sound_;
  int taken_ = 0;
};

Json settings_object(const VaultSettings& settings) {
  Json object = new_object();
  for (const TextSetting& text : kTextSettings) {
    set_string(object.get(), text.name, settings.*text.member);
  }
  set_strings(object.get(), "redirect_hosts", settings.redirect_hosts);
  set_integer(object.get(), "request_timeout", settings.request_timeout.count());
  set_integer(object.get(), "max_retries", settings.max_retries);
  return object;
}

std::optional<VaultSettings> settings_of(const json_t* object) {
  Members members(object);
  VaultSettings settings;
  for (const TextSetting& text : kTextSettings) settings.*text.member = members.text(text.name);
  settings.redirect_hosts = members.texts("redirect_hosts");
  settings.request_timeout = Millis(members.natural("request_timeout"));
  const std::int64_t retries = members.natural("max_retries");
  members.require(retries <= 100);
  if (!members.complete()) return std::nullopt;
  settings.max_retries = static_cast<int>(retries);
  return settings;
}

struct DemandWriter {
  json_t* object;

  void operator()(const OpenRequest& open) const {
    set_string(object, "op", kOpen);
    set_owned(object, "settings", settings_object(open.settings));
    set_string(object, "token", open.token.view());
  }
  void operator()(const ReadRequest&) const { set_string(object, "op", kRead); }
  void operator()(const WriteRequest& write) const {
    set_string(object, "op", kWrite);
    set_owned(object, "fields", Json(json_incref(write.fields.get())));
    set_integer(object, "cas", static_cast<std::int64_t>(write.cas));
  }
  void operator()(const LookUpSelfRequest&) const { set_string(object, "op", kLookUpSelf); }
  void operator()(const RenewSelfRequest&) const { set_string(object, "op", kRenewSelf); }
};

std::optional<Demand> open_demand(Members& members) {
  const Json settings_json = members.object("settings");
  auto settings = settings_of(settings_json.get());
  std::string token = members.text("token");
  const bool usable = usable_token(token) == token;
  Secret secret = Secret::take(token);
  if (!settings || !usable) return std::nullopt;
  return OpenRequest{std::move(*settings), std::move(secret)};
}

std::optional<Demand> demand_of(std::string_view op, Members& members) {
  if (op == kOpen) return open_demand(members);
  if (op == kRead) return ReadRequest{};
  if (op == kWrite) {
    Json fields = members.object("fields");
    return WriteRequest{std::move(fields), static_cast<std::uint64_t>(members.natural("cas"))};
  }
  if (op == kLookUpSelf) return LookUpSelfRequest{};
  if (op == kRenewSelf) return RenewSelfRequest{};
  return std::nullopt;
}

struct ReplyWriter {
  json_t* envelope;

  void put(const char* name, Json body) const { set_owned(envelope, name, std::move(body)); }

  void operator()(const Opened& opened) const {
    Json body = new_object();
    set_string(body.get(), "warning", opened.warning);
    put("opened", std::move(body));
  }
  void operator()(const StoredDocument& document) const {
    Json body = new_object();
    json_t* fields = document.fields ? json_incref(document.fields.get()) : json_null();
    set_owned(body.get(), "fields", Json(fields));
    set_integer(body.get(), "version", static_cast<std::int64_t>(document.version));
    put("document", std::move(body));
  }
  void operator()(const Written& written) const {
    Json body = new_object();
    set_integer(body.get(), "version", static_cast<std::int64_t>(written.version));
    put("written", std::move(body));
  }
  void operator()(const TokenFacts& facts) const {
    Json body = new_object();
    set_string(body.get(), "display_name", facts.display_name);
    set_strings(body.get(), "policies", facts.policies);
    set_strings(body.get(), "identity_policies", facts.identity_policies);
    set_string(body.get(), "accessor", facts.accessor);
    if (facts.ttl) set_integer(body.get(), "ttl", facts.ttl->count());
    set_bool(body.get(), "renewable", facts.renewable);
    put("token", std::move(body));
  }
  void operator()(const Renewal& renewal) const {
    Json body = new_object();
    set_integer(body.get(), "ttl", renewal.ttl.count());
    set_bool(body.get(), "renewable", renewal.renewable);
    put("renewal", std::move(body));
  }
  void operator()(const StoreError& error) const {
    Json body = new_object();
    const auto* const name = std::ranges::find(kKindNames, error.kind, &KindName::kind);
    set_string(body.get(), "kind", name->name);
    set_string(body.get(), "sentence", error.sentence);
    if (error.retry_after) set_integer(body.get(), "retry_after", error.retry_after->count());
    put("error", std::move(body));
  }
};

StoredDocument document_of(Members& body) {
  Json fields = body.object_or_null("fields");
  return {std::move(fields), static_cast<std::uint64_t>(body.natural("version"))};
}

TokenFacts facts_of(Members& body) {
  TokenFacts facts;
  facts.display_name = body.text("display_name");
  facts.policies = body.texts("policies");
  facts.identity_policies = body.texts("identity_policies");
  facts.accessor = body.text("accessor");
  if (body.has("ttl")) facts.ttl = body.duration("ttl");
  facts.renewable = body.flag("renewable");
  return facts;
}

Renewal renewal_of(Members& body) {
  const std::chrono::seconds ttl = body.duration("ttl");
  return {ttl, body.flag("renewable")};
}

StoreError error_of(Members& body) {
  const std::string name = body.text("kind");
  const auto* const kind = std::ranges::find(kKindNames, name, &KindName::name);
  body.require(kind != kKindNames.end());
  StoreError error{
      kind != kKindNames.end() ? kind->kind : StoreErrorKind::garbled, body.text("sentence"), {}};
  if (body.has("retry_after")) error.retry_after = Millis(body.natural("retry_after"));
  return error;
}

std::optional<Reply> reply_of(std::string_view name, Members& body) {
  if (name == "opened") return Opened{body.text("warning")};
  if (name == "document") return document_of(body);
  if (name == "written") return Written{static_cast<std::uint64_t>(body.natural("version"))};
  if (name == "token") return facts_of(body);
  if (name == "renewal") return renewal_of(body);
  if (name == "error") return error_of(body);
  return std::nullopt;
}

}  // namespace

std::string encode(const Request& request) {
  const Json object = new_object();
  std::visit(DemandWriter{object.get()}, request.demand);
  set_integer(object.get(), "ms", std::clamp(request.remaining, Millis::zero(), kMaxSpan).count());
  return dump(object.get());
}

std::string encode(const Reply& reply) {
  const Json envelope = new_object();
  std::visit(ReplyWriter{envelope.get()}, reply);
  return dump(envelope.get());
}

std::expected<Request, Malformed> decode_request(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(Malformed{});
  Members members(object->get());
  const Millis remaining(members.natural("ms"));
  members.require(remaining <= kMaxSpan);
  const std::string op = members.text("op");
  auto demand = demand_of(op, members);
  if (!demand || !members.complete()) return std::unexpected(Malformed{});
  return std::expected<Request, Malformed>(std::in_place, std::move(*demand), remaining);
}

std::expected<Reply, Malformed> decode_reply(std::string_view text) {
  const auto envelope = parse_object(text);
  if (!envelope || json_object_size(envelope->get()) != 1) return std::unexpected(Malformed{});
  void* const only = json_object_iter(envelope->get());
  Members body(json_object_iter_value(only));
  auto reply = reply_of(json_object_iter_key(only), body);
  if (!reply || !body.complete()) return std::unexpected(Malformed{});
  return std::move(*reply);
}

}  // namespace claude_auth::store_wire
