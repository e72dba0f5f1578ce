// Parses the PAM line, one argument at a time.
#include "pam_claude/options.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace claude_auth {
namespace {

using Result = std::expected<void, Complaint>;

constexpr std::chrono::milliseconds::rep kLongestTimeout = 60'000;
constexpr std::size_t kLongestCommand = 200;

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

Result set_millis(std::chrono::milliseconds& option, std::string_view value) {
  const auto number = whole_number<std::chrono::milliseconds::rep>(value);
  if (!number || *number < 1 || *number > kLongestTimeout) {
    return std::unexpected(Complaint::not_millis);
  }
  option = std::chrono::milliseconds(*number);
  return {};
}

Result set_uid(uid_t& option, std::string_view value) {
  const auto number = whole_number<uid_t>(value);
  if (!number || *number == static_cast<uid_t>(-1)) return std::unexpected(Complaint::not_a_uid);
  option = *number;
  return {};
}

Result set_list(std::string_view& option, std::string_view value) {
  if (list_has(value, "")) return std::unexpected(Complaint::not_a_list);
  option = value;
  return {};
}

Result set_helper(const char*& option, const char* value) {
  if (*value != '/') return std::unexpected(Complaint::not_absolute);
  option = value;
  return {};
}

Result set_group(const char*& option, const char* value) {
  if (*value == '\0') return std::unexpected(Complaint::not_a_name);
  option = value;
  return {};
}

Result set_command(const char*& option, const char* value) {
  const std::string_view text(value);
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (text.empty() || text.size() > kLongestCommand || !printable) {
    return std::unexpected(Complaint::not_printable);
  }
  option = value;
  return {};
}

Result set_valued(Options& options, std::string_view name, const char* value) {
  if (name == "helper") return set_helper(options.helper, value);
  if (name == "timeout") return set_millis(options.timeout, value);
  if (name == "refresh_timeout") return set_millis(options.refresh_timeout, value);
  if (name == "min_uid") return set_uid(options.min_uid, value);
  if (name == "services") return set_list(options.services, value);
  if (name == "skip_services") return set_list(options.skip_services, value);
  if (name == "only_group") return set_group(options.only_group, value);
  if (name == "login_command") return set_command(options.login_command, value);
  return std::unexpected(Complaint::unknown);
}

bool* flag_called(Options& options, std::string_view name) {
  if (name == "no_env") return &options.no_env;
  if (name == "quiet") return &options.quiet;
  if (name == "debug") return &options.debug;
  return nullptr;
}

}  // namespace

std::chrono::milliseconds Options::first_deadline() const {
  return std::min(timeout, refresh_timeout);
}

const char* sentence(Complaint complaint) {
  switch (complaint) {
    case Complaint::unknown:
      return "is not an option of pam_claude";
    case Complaint::not_a_flag:
      return "takes no value";
    case Complaint::not_absolute:
      return "needs an absolute path";
    case Complaint::not_millis:
      return "needs milliseconds, from 1 to 60000";
    case Complaint::not_a_uid:
      return "needs a user id";
    case Complaint::not_a_list:
      return "needs names with commas between them";
    case Complaint::not_a_name:
      return "needs the name of a group";
    case Complaint::not_printable:
      return "needs 1 to 200 characters of printable ASCII";
  }
  return "is malformed";
}

Result apply_option(Options& options, const char* argument) {
  const std::string_view text(argument);
  const std::size_t equals = text.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view name(argument, has_value ? equals : text.size());
  if (bool* const flag = flag_called(options, name)) {
    if (has_value) return std::unexpected(Complaint::not_a_flag);
    *flag = true;
    return {};
  }
  if (!has_value) return set_valued(options, name, "");
  return set_valued(options, name, argument + equals + 1);
}

bool list_has(std::string_view list, std::string_view name) {
  for (;;) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (std::string_view(list.data(), comma) == name) return true;
    if (comma == list.size()) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace claude_auth
