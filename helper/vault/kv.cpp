#include "vault/kv.h"

#include <optional>
#include <utility>

namespace claude_auth {
namespace {

/// A 404 of a path below no mount; a token that may not ask there gets a 403 instead.
bool says_no_mount(const HttpReply& reply) {
  return reply.status == 404 && has_error(reply, "no handler for route");
}

StoreError no_mount(const std::string& call) {
  return misconfigured(call + ": there is no such mount; check mount and path");
}

/// A success of data/ without `data.metadata`: what version 1 answers.
bool looks_like_version_1(const HttpReply& reply) {
  if (reply.status != 200) return false;
  const auto body = parse_object(reply.body);
  if (!body) return false;
  const json_t* const data = json_object_get(body->get(), "data");
  return json_is_object(data) && json_object_get(data, "metadata") == nullptr;
}

/// `data.data` and `data.metadata.version`, which a 404 of a deleted version has as well.
std::optional<StoredDocument> document_and_version(const json_t* body) {
  const json_t* const outer = json_object_get(body, "data");
  json_t* const fields = json_object_get(outer, "data");
  const auto version = integer_member(json_object_get(outer, "metadata"), "version");
  if (!version || *version < 1) return std::nullopt;
  if (!json_is_object(fields) && !json_is_null(fields)) return std::nullopt;
  return StoredDocument{Json(json_is_object(fields) ? json_incref(fields) : nullptr),
                        static_cast<std::uint64_t>(*version)};
}

/// A 404 proves absence only as exactly {"errors":[]}, or with the metadata of a deleted version.
/// A proxy's or load balancer's 404 page is neither.
std::expected<StoredDocument, StoreError> document_in_404(const HttpReply& reply,
                                                          const std::string& call) {
  auto body = body_object(reply, call);
  if (!body) return std::unexpected(std::move(body.error()));
  if (auto deleted = document_and_version(body->get()); deleted && !deleted->fields) {
    return std::move(*deleted);
  }
  if (says_absent(reply)) return StoredDocument{};
  if (says_no_mount(reply)) return std::unexpected(no_mount(call));
  return std::unexpected(garbled(call, "a 404 that does not say that the document is absent"));
}

}  // namespace

std::string slashes_trimmed(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

KvStore::KvStore(VaultApi& api) : KvStore(api, api.settings().path) {}

KvStore::KvStore(VaultApi& api, std::string_view path)
    : api_(api),
      mount_(slashes_trimmed(api.settings().mount)),
      path_(slashes_trimmed(path)),
      name_(mount_ + "/" + path_) {}

std::expected<StoredDocument, StoreError> KvStore::read(Deadline deadline) {
  auto reply = api_.get(mount_ + "/data/" + path_, deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (looks_like_version_1(*reply)) {
    if (auto checked = require_version_2(deadline); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
  }
  return document_in(*reply, name_);
}

std::expected<std::uint64_t, StoreError> KvStore::write(const json_t& fields, std::uint64_t cas,
                                                        Deadline deadline) {
  if (cas == 0) {
    if (auto checked = require_version_2(deadline); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
  }
  const Json options = new_object();
  set_integer(options.get(), "cas", static_cast<std::int64_t>(cas));
  std::string body = R"({"options":)" + dump(options.get()) + R"(,"data":)" + dump(&fields) + "}";
  auto reply = api_.post(mount_ + "/data/" + path_, std::move(body), deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  return version_in(*reply, name_);
}

std::expected<void, StoreError> KvStore::purge(Deadline deadline) {
  if (auto checked = require_version_2(deadline); !checked) return checked;
  const auto reply = api_.remove(mount_ + "/metadata/" + path_, deadline);
  if (!reply) return std::unexpected(reply.error());
  return purged_in(*reply, name_);
}

std::expected<void, StoreError> KvStore::require_version_2(Deadline deadline) {
  if (version_2_) return {};
  auto reply = api_.get("sys/internal/ui/mounts/" + name_, deadline);
  if (!reply) return std::unexpected(std::move(reply.error()));
  auto checked = check_mount(*reply, mount_);
  version_2_ = checked.has_value();
  return checked;
}

std::expected<StoredDocument, StoreError> document_in(const HttpReply& reply,
                                                      std::string_view name) {
  const std::string call = "reading " + std::string(name);
  if (reply.status == 404) return document_in_404(reply, call);
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  auto body = body_object(reply, call);
  if (!body) return std::unexpected(std::move(body.error()));
  auto document = document_and_version(body->get());
  // Only a 404 says that there is none (docs/vault-protocol.md, the table of replies).
  if (!document || !document->fields)
    return std::unexpected(garbled(call, "the answer is no KV version 2 document"));
  return std::move(*document);
}

std::expected<std::uint64_t, StoreError> version_in(const HttpReply& reply, std::string_view name) {
  const std::string call = "writing " + std::string(name);
  if (reply.status == 400 && has_error(reply, "did not match the current version")) {
    return std::unexpected(StoreError{
        StoreErrorKind::conflict, "vault: " + call + ": somebody else wrote it meanwhile", {}});
  }
  if (says_no_mount(reply)) return std::unexpected(no_mount(call));
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  const auto body = body_object(reply, call);
  if (!body) return std::unexpected(body.error());
  const auto version = integer_member(json_object_get(body->get(), "data"), "version");
  if (!version || *version < 1) return std::unexpected(garbled(call, "the answer has no version"));
  return static_cast<std::uint64_t>(*version);
}

std::expected<void, StoreError> purged_in(const HttpReply& reply, std::string_view name) {
  const std::string call = "deleting " + std::string(name);
  if (reply.status == 204) return {};
  if (says_no_mount(reply)) return std::unexpected(no_mount(call));
  return std::unexpected(refusal(reply, call));
}

std::expected<void, StoreError> check_mount(const HttpReply& reply, std::string_view mount) {
  const std::string call = "looking up the mount " + std::string(mount);
  if (reply.status != 200) return std::unexpected(refusal(reply, call));
  const auto body = body_object(reply, call);
  if (!body) return std::unexpected(body.error());
  const json_t* const data = json_object_get(body->get(), "data");
  if (string_member(data, "path") != std::string(mount) + "/") {
    return std::unexpected(misconfigured(call + ": it is not the mount of this path; check mount"));
  }
  if (string_member(json_object_get(data, "options"), "version") != "2") {
    return std::unexpected(misconfigured(
        call + ": it is no KV version 2 engine, so check-and-set would be ignored; upgrade it"));
  }
  return {};
}

}  // namespace claude_auth
