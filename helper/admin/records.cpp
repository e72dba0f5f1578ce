#include "admin/records.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "admin/user_name.h"
#include "base/errors.h"
#include "base/json.h"
#include "store/token_facts.h"

namespace claude_auth {
namespace {

// Room for thousands of accessors that could not be revoked.
constexpr std::size_t kMaxRecord = 1 << 20;

// The members of a record's JSON.
constexpr char kAccessor[] = "accessor";
constexpr char kPending[] = "pending";
constexpr char kReplaced[] = "replaced";

using Path = std::expected<std::string, std::string>;

Path path_of(const std::string& directory, const std::string& user) {
  if (!is_user_name(user)) {
    return std::unexpected("there can be no record of \"" + printable(user) +
                           "\": the name should be " + std::string(kUserNameRule));
  }
  return directory + "/" + user + ".json";
}

/// An accessor is of the shape of a token: what goes into a request to Vault is no more than that.
bool is_accessor(std::string_view text) {
  return usable_token(text) == text;
}

bool is_sound(const TokenRecord& record) {
  for (const std::string& accessor : record.replaced) {
    if (!is_accessor(accessor)) return false;
  }
  return (record.accessor.empty() || is_accessor(record.accessor)) &&
         (record.pending.empty() || is_accessor(record.pending));
}

/// The string member `key`, empty where it is absent. Nothing where it is something else.
std::optional<std::string> optional_string(const json_t* object, const char* key) {
  if (json_object_get(object, key) == nullptr) return "";
  const auto text = string_member(object, key);
  if (!text) return std::nullopt;
  return std::string(*text);
}

std::optional<TokenRecord> record_in(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::nullopt;
  auto accessor = optional_string(object->get(), kAccessor);
  auto pending = optional_string(object->get(), kPending);
  const json_t* const replaced = json_object_get(object->get(), kReplaced);
  if (!accessor || !pending || (replaced != nullptr && !json_is_array(replaced))) {
    return std::nullopt;
  }
  TokenRecord record{
      .accessor = std::move(*accessor), .pending = std::move(*pending), .replaced = {}};
  for (std::size_t i = 0; i < json_array_size(replaced); ++i) {
    const json_t* const one = json_array_get(replaced, i);
    if (!json_is_string(one)) return std::nullopt;
    record.replaced.emplace_back(json_string_value(one), json_string_length(one));
  }
  if (!is_sound(record)) return std::nullopt;
  return record;
}

std::string text_of(const TokenRecord& record) {
  const Json object = new_object();
  set_string(object.get(), kAccessor, record.accessor);
  set_string(object.get(), kPending, record.pending);
  json_t* const replaced = json_array();
  json_object_set_new(object.get(), kReplaced, replaced);
  for (const std::string& accessor : record.replaced) {
    json_array_append_new(replaced, json_stringn(accessor.data(), accessor.size()));
  }
  return dump_indented(object.get()) + "\n";
}

/// Made and owned by us it may be, and still be open to others.
std::expected<void, std::string> check_private(const std::string& directory) {
  struct stat found{};
  if (::stat(directory.c_str(), &found) != 0) {
    return std::unexpected(printable(directory) + ": " + errno_text(errno));
  }
  if ((found.st_mode & 0077) != 0) {
    return std::unexpected(printable(directory) + " is open to others: chmod 700 " +
                           printable(directory));
  }
  return {};
}

}  // namespace

std::expected<TokenRecord, std::string> read_record(const std::string& directory,
                                                    const std::string& user) {
  const Path path = path_of(directory, user);
  if (!path) return std::unexpected(path.error());
  const auto text = read_small_file(
      *path, {.owner = ::geteuid(), .forbidden_bits = 0077, .max_bytes = kMaxRecord});
  if (!text) {
    if (text.error().kind == FileErrorKind::absent) return TokenRecord{};
    return std::unexpected(text.error().sentence());
  }
  auto record = record_in(*text);
  if (!record) {
    return std::unexpected(printable(*path) +
                           " is no record of ours: move it away, and revoke by hand what it names");
  }
  return std::move(*record);
}

Records::Records(std::string directory, FileLock lock)
    : directory_(std::move(directory)), lock_(std::move(lock)) {}

std::expected<Records, std::string> Records::open(const std::string& directory, Deadline deadline) {
  if (const auto made = make_directories(directory, 0700); !made) {
    return std::unexpected(made.error().sentence());
  }
  if (const auto sealed = check_private(directory); !sealed) {
    return std::unexpected(sealed.error());
  }
  auto lock = FileLock::acquire(directory + "/lock", deadline);
  if (lock) return Records(directory, std::move(*lock));
  if (lock.error().kind == FileErrorKind::locked) {
    return std::unexpected("another claude-auth-admin is at work here: try again when it is done");
  }
  return std::unexpected(lock.error().sentence());
}

std::expected<TokenRecord, std::string> Records::load(const std::string& user) const {
  return read_record(directory_, user);
}

std::expected<void, std::string> Records::save(const std::string& user,
                                               const TokenRecord& record) const {
  const Path path = path_of(directory_, user);
  if (!path) return std::unexpected(path.error());
  if (!is_sound(record)) {
    return std::unexpected("an accessor of " + user + " is none that Vault can have made");
  }
  remove_leftovers(*path);
  const bool empty = record.accessor.empty() && record.pending.empty() && record.replaced.empty();
  const auto done =
      empty ? remove_file(*path) : replace_file(*path, text_of(record), Durability::durable);
  if (!done) return std::unexpected(done.error().sentence());
  return {};
}

}  // namespace claude_auth
