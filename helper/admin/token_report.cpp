#include "admin/token_report.h"

#include <sys/wait.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/errors.h"
#include "base/json.h"
#include "base/trimmed.h"
#include "store/token_facts.h"

namespace claude_auth {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr char kCall[] = "claude-auth-sync vault-token check";

constexpr std::array<std::pair<std::string_view, VaultTokenSeen>, 6> kStates = {{
    {"absent", VaultTokenSeen::absent},
    {"ours", VaultTokenSeen::ours},
    {"foreign", VaultTokenSeen::foreign},
    {"rejected", VaultTokenSeen::rejected},
    {"unreadable", VaultTokenSeen::unreadable},
    {"unknown", VaultTokenSeen::unknown},
}};

TokenReport no_report(const Finished& finished) {
  std::string problem = failure_of(finished, kCall);
  if (problem.empty()) problem = std::string(kCall) + " did not say what lies there";
  return {.file = VaultTokenSeen::unknown, .accessor = {}, .problem = std::move(problem)};
}

std::string_view last_line(std::string_view text) {
  text = trimmed(text);
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

}  // namespace

TokenReport token_report_in(const Finished& finished) {
  if (finished.timed_out) return no_report(finished);
  const auto object = parse_object(finished.standard_output);
  if (!object || integer_member(object->get(), "format") != kFormat) return no_report(finished);
  TokenReport report;
  const auto state = string_member(object->get(), "state");
  bool known = false;
  for (const auto& [word, seen] : kStates) {
    if (state != word) continue;
    report.file = seen;
    known = true;
  }
  if (!known) return no_report(finished);
  const auto accessor = string_member(object->get(), "accessor").value_or("");
  if (usable_token(accessor) == accessor) report.accessor = accessor;
  if (report.file == VaultTokenSeen::ours && report.accessor.empty()) return no_report(finished);
  report.problem = printable(string_member(object->get(), "problem").value_or(""));
  return report;
}

std::string failure_of(const Finished& finished, const std::string& call) {
  if (finished.timed_out) return call + " did not end in time";
  if (WIFEXITED(finished.wait_status) && WEXITSTATUS(finished.wait_status) == 0) return {};
  std::string_view words = last_line(finished.standard_error);
  if (words.empty()) words = last_line(finished.standard_output);
  return call + " failed" + (words.empty() ? "" : ": " + printable(words));
}

}  // namespace claude_auth
