// Jansson objects with an owner, and the one way this project parses and writes JSON.
#pragma once

#include <jansson.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace claude_auth {

struct JsonRelease {
  void operator()(json_t* value) const { json_decref(value); }
};

/// Owns one reference.
using Json = std::unique_ptr<json_t, JsonRelease>;

/// Why text is not a JSON object. Never carries a piece of the text: it may be a secret.
enum class JsonError {
  not_an_object,  ///< not JSON, truncated, a BOM, trailing bytes, not an object
  not_exact,      ///< JSON that a rewrite would change: a duplicate key, an integer beyond 64 bits,
                  ///< a real of more digits than a double keeps
};

/// Parses one JSON object. Strings may contain escaped NULs; duplicate keys are refused, as a
/// rewrite would drop one. Nesting is bounded by jansson (2048).
[[nodiscard]] std::expected<Json, JsonError> parse_object(std::string_view text);

/// Compact JSON that parses back to the same value. The string holds whatever secrets the value
/// held. Throws std::bad_alloc.
[[nodiscard]] std::string dump(const json_t* value);

/// As `dump`, indented by two, as Claude writes its own files.
[[nodiscard]] std::string dump_indented(const json_t* value);

/// The string member `key` of an object, or nothing where it is absent or no string. Valid while
/// the object is unchanged.
[[nodiscard]] std::optional<std::string_view> string_member(const json_t* object, const char* key);

/// The integer member `key`, or nothing where it is absent or no integer.
[[nodiscard]] std::optional<std::int64_t> integer_member(const json_t* object, const char* key);

/// The integer member `key` as epoch milliseconds, or nothing where it is absent, no integer, or no
/// `plausible_time`.
[[nodiscard]] std::optional<Instant> instant_member(const json_t* object, const char* key);

/// The strings of the array member `key`; an absent or null one is an empty array. Nothing where it
/// is something else, or holds something else.
[[nodiscard]] std::optional<std::vector<std::string>> strings_member(const json_t* object,
                                                                     const char* key);

/// Sets a string member. Throws std::bad_alloc where memory is out or `value` is no UTF-8.
void set_string(json_t* object, const char* key, std::string_view value);

/// Sets an integer member. Throws std::bad_alloc.
void set_integer(json_t* object, const char* key, std::int64_t value);

/// Sets a member in epoch milliseconds; nothing is no member. Throws std::bad_alloc.
void set_instant(json_t* object, const char* key, const std::optional<Instant>& at);

/// Sets a member in epoch seconds, rounded down; nothing is no member. Throws std::bad_alloc.
void set_seconds(json_t* object, const char* key, const std::optional<Instant>& at);

/// Sets a boolean member. Throws std::bad_alloc.
void set_flag(json_t* object, const char* key, bool flag);

/// What others wrote, as a member or at the end of an array: only what `printable` leaves of it,
/// and 1,000 bytes of that. No member where `text` is empty. Throws std::bad_alloc.
void set_printable(json_t* object, const char* key, std::string_view text);
void append_printable(json_t* array, std::string_view text);

/// Sets a member to an array of strings. Throws as `set_string`.
void set_strings(json_t* object, const char* key, const std::vector<std::string>& values);

/// A new empty object. Throws std::bad_alloc.
[[nodiscard]] Json new_object();

/// A copy that shares nothing with the original. Throws std::bad_alloc.
[[nodiscard]] Json deep_copy(const json_t* value);

}  // namespace claude_auth
