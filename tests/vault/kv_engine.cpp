#include "kv_engine.h"

#include <chrono>

#include "base/clock.h"

namespace claude_auth::testing {
namespace {

constexpr std::size_t kMaxVersions = 10;

std::string now() {
  return iso8601(Clock().now());
}

Answer absent() {
  return error_answer(404, {});
}

Json copy_or_null(const Json& value) {
  return value ? deep_copy(value.get()) : nullptr;
}

}  // namespace

Json KvEngine::version_metadata(const Entry& entry, std::uint64_t number) {
  const Version& version = entry.versions.at(number);
  Json metadata = new_object();
  set_string(metadata.get(), "created_time", version.created);
  set_member(metadata.get(), "custom_metadata", copy_or_null(entry.custom_metadata));
  set_string(metadata.get(), "deletion_time", version.deleted);
  set_flag(metadata.get(), "destroyed", false);
  set_integer(metadata.get(), "version", static_cast<std::int64_t>(number));
  return metadata;
}

Answer KvEngine::read(const std::string& path, std::uint64_t version) const {
  const auto found = entries_.find(path);
  if (found == entries_.end()) return absent();
  const Entry& entry = found->second;
  const std::uint64_t number = version == 0 ? entry.current : version;
  const auto kept = entry.versions.find(number);
  if (kept == entry.versions.end()) return absent();
  const bool deleted = !kept->second.deleted.empty();
  Json data = new_object();
  set_member(data.get(), "data", deleted ? nullptr : copy_or_null(kept->second.data));
  set_member(data.get(), "metadata", version_metadata(entry, number));
  return envelope(deleted ? 404 : 200, std::move(data));
}

Answer KvEngine::write(const std::string& path, const json_t* body) {
  json_t* const data = json_object_get(body, "data");
  if (data == nullptr) return error_answer(400, {"no data provided"});
  if (!json_is_object(data) && !json_is_null(data)) {
    return error_answer(400, {"error converting input for field \"data\""});
  }
  const auto found = entries_.find(path);
  const std::uint64_t current = found == entries_.end() ? 0 : found->second.current;
  const auto cas = integer_member(json_object_get(body, "options"), "cas");
  if (cas && static_cast<std::uint64_t>(*cas) != current) {
    return error_answer(400, {"check-and-set parameter did not match the current version"});
  }
  Entry& entry = entries_[path];
  entry.current = current + 1;
  entry.versions[entry.current] = {json_is_null(data) ? nullptr : deep_copy(data), now(), ""};
  if (entry.versions.size() > kMaxVersions) entry.versions.erase(entry.versions.begin());
  return envelope(200, version_metadata(entry, entry.current));
}

Answer KvEngine::soft_delete(const std::string& path) {
  const auto found = entries_.find(path);
  if (found != entries_.end() && found->second.current > 0) {
    found->second.versions.at(found->second.current).deleted = now();
  }
  return no_content();
}

Answer KvEngine::soft_delete_versions(const std::string& path, const json_t* body) {
  const auto found = entries_.find(path);
  const json_t* const versions = json_object_get(body, "versions");
  for (std::size_t i = 0; found != entries_.end() && i < json_array_size(versions); ++i) {
    const auto number = static_cast<std::uint64_t>(json_integer_value(json_array_get(versions, i)));
    const auto version = found->second.versions.find(number);
    if (version != found->second.versions.end()) version->second.deleted = now();
  }
  return no_content();
}

Answer KvEngine::read_metadata(const std::string& path) const {
  const auto found = entries_.find(path);
  if (found == entries_.end()) return absent();
  const Entry& entry = found->second;
  Json data = new_object();
  set_flag(data.get(), "cas_required", false);
  set_integer(data.get(), "current_version", static_cast<std::int64_t>(entry.current));
  set_member(data.get(), "custom_metadata", copy_or_null(entry.custom_metadata));
  set_integer(data.get(), "max_versions", 0);
  Json versions = new_object();
  for (const auto& [number, version] : entry.versions) {
    Json one = new_object();
    set_string(one.get(), "created_time", version.created);
    set_string(one.get(), "deletion_time", version.deleted);
    set_flag(one.get(), "destroyed", false);
    set_member(versions.get(), std::to_string(number).c_str(), std::move(one));
  }
  set_member(data.get(), "versions", std::move(versions));
  return envelope(200, std::move(data));
}

Answer KvEngine::write_metadata(const std::string& path, const json_t* body) {
  Entry& entry = entries_[path];
  const json_t* const custom = json_object_get(body, "custom_metadata");
  if (json_is_object(custom)) entry.custom_metadata = deep_copy(custom);
  return no_content();
}

Answer KvEngine::delete_metadata(const std::string& path) {
  entries_.erase(path);
  return no_content();
}

Answer KvVersion1::read(const std::string& path) const {
  const auto found = entries_.find(path);
  if (found == entries_.end()) return absent();
  return envelope(200, deep_copy(found->second.get()));
}

Answer KvVersion1::write(const std::string& path, const json_t* body) {
  entries_[path] = deep_copy(body);
  return no_content();
}

}  // namespace claude_auth::testing
