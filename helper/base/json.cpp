#include "base/json.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/errors.h"
#include "base/plausible_time.h"

namespace claude_auth {
namespace {

// Every decimal of this many significant digits comes back unchanged from a double (DBL_DIG).
constexpr std::size_t kExactDigits = 15;
constexpr std::size_t kRealPrecision = JSON_REAL_PRECISION(kExactDigits) | JSON_ENCODE_ANY;
// Clear of the subnormal doubles, which keep fewer digits.
constexpr double kLargestExact = 1e300;
constexpr double kSmallestExact = 1e-300;
constexpr std::size_t kMaxPrintable = 1'000;

/// The significant digits of a JSON number: without sign, point, exponent, leading and trailing
/// zeros.
std::size_t significant_digits(std::string_view number) {
  std::size_t digits = 0;
  std::size_t zeros_behind = 0;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c < '0' || c > '9' || (c == '0' && digits == 0)) continue;
    ++digits;
    zeros_behind = c == '0' ? zeros_behind + 1 : 0;
  }
  return digits - zeros_behind;
}

bool survives_a_rewrite(std::string_view number) {
  if (number.find_first_of(".eE") == std::string_view::npos) return true;
  const std::size_t digits = significant_digits(number);
  if (digits == 0) return true;
  // std::from_chars for a double would bring libm along, a library more for every login to load.
  const Json real(json_loadb(number.data(), number.size(), JSON_DECODE_ANY, nullptr));
  const double value = std::abs(json_number_value(real.get()));
  return digits <= kExactDigits && value <= kLargestExact && value >= kSmallestExact;
}

/// Where the string that starts at `text[start]` ends: behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  std::size_t at = start + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return at + 1;
}

/// Looks at every number of `text`, which is valid JSON: the parsed value no longer tells what a
/// number looked like.
bool every_number_survives(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find_first_of("\"-0123456789", at)) < text.size()) {
    if (text[at] == '"') {
      at = end_of_string(text, at);
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("+-.0123456789eE", at), text.size());
    if (!survives_a_rewrite(text.substr(at, end - at))) return false;
    at = end;
  }
  return true;
}

std::string dump_with(const json_t* value, std::size_t flags) {
  // Sized first: a string that grows would leave copies behind.
  std::string text(json_dumpb(value, nullptr, 0, flags), '\0');
  if (text.empty() || json_dumpb(value, text.data(), text.size(), flags) != text.size()) {
    throw std::bad_alloc();
  }
  return text;
}

void set_new(json_t* object, const char* key, json_t* value) {
  if (json_object_set_new(object, key, value) != 0) throw std::bad_alloc();
}

Json owned(json_t* value) {
  if (value == nullptr) throw std::bad_alloc();
  return Json(value);
}

}  // namespace

std::expected<Json, JsonError> parse_object(std::string_view text) {
  json_error_t error{};
  Json value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error));
  const auto why = value ? json_error_unknown : json_error_code(&error);
  if (why == json_error_numeric_overflow || why == json_error_duplicate_key) {
    return std::unexpected(JsonError::not_exact);
  }
  if (!json_is_object(value.get())) return std::unexpected(JsonError::not_an_object);
  if (!every_number_survives(text)) return std::unexpected(JsonError::not_exact);
  return value;
}

std::string dump(const json_t* value) {
  return dump_with(value, kRealPrecision | JSON_COMPACT);
}

std::string dump_indented(const json_t* value) {
  return dump_with(value, kRealPrecision | JSON_INDENT(2));
}

std::optional<std::string_view> string_member(const json_t* object, const char* key) {
  const json_t* value = json_object_get(object, key);
  if (!json_is_string(value)) return std::nullopt;
  return std::string_view(json_string_value(value), json_string_length(value));
}

std::optional<std::int64_t> integer_member(const json_t* object, const char* key) {
  const json_t* value = json_object_get(object, key);
  if (!json_is_integer(value)) return std::nullopt;
  return json_integer_value(value);
}

std::optional<Instant> instant_member(const json_t* object, const char* key) {
  const auto millis = integer_member(object, key);
  return millis ? plausible_time(*millis) : std::nullopt;
}

std::optional<std::vector<std::string>> strings_member(const json_t* object, const char* key) {
  const json_t* const array = json_object_get(object, key);
  std::vector<std::string> values;
  if (array == nullptr || json_is_null(array)) return values;
  if (!json_is_array(array)) return std::nullopt;
  for (std::size_t i = 0; i < json_array_size(array); ++i) {
    const json_t* const value = json_array_get(array, i);
    if (!json_is_string(value)) return std::nullopt;
    values.emplace_back(json_string_value(value), json_string_length(value));
  }
  return values;
}

void set_string(json_t* object, const char* key, std::string_view value) {
  set_new(object, key, json_stringn(value.data(), value.size()));
}

void set_integer(json_t* object, const char* key, std::int64_t value) {
  set_new(object, key, json_integer(value));
}

void set_instant(json_t* object, const char* key, const std::optional<Instant>& at) {
  if (at) set_integer(object, key, at->time_since_epoch().count());
}

void set_seconds(json_t* object, const char* key, const std::optional<Instant>& at) {
  if (!at) return;
  set_integer(object, key,
              std::chrono::floor<std::chrono::seconds>(*at).time_since_epoch().count());
}

void set_flag(json_t* object, const char* key, bool flag) {
  set_new(object, key, json_boolean(flag));
}

void set_printable(json_t* object, const char* key, std::string_view text) {
  if (!text.empty()) set_string(object, key, printable(text, kMaxPrintable));
}

void append_printable(json_t* array, std::string_view text) {
  if (json_array_append_new(array, json_string(printable(text, kMaxPrintable).c_str())) != 0)
    throw std::bad_alloc();
}

void set_strings(json_t* object, const char* key, const std::vector<std::string>& values) {
  Json array = owned(json_array());
  for (const std::string& value : values) {
    if (json_array_append_new(array.get(), json_stringn(value.data(), value.size())) != 0) {
      throw std::bad_alloc();
    }
  }
  set_new(object, key, array.release());
}

Json new_object() {
  return owned(json_object());
}

Json deep_copy(const json_t* value) {
  return owned(json_deep_copy(value));
}

}  // namespace claude_auth
