#include "fault.h"

#include <algorithm>
#include <array>
#include <utility>

namespace claude_auth::testing {
namespace {

constexpr std::array kNames{
    std::pair{"answer", FaultKind::answer}, std::pair{"delay", FaultKind::delay},
    std::pair{"hang", FaultKind::hang},     std::pair{"lose_reply", FaultKind::lose_reply},
    std::pair{"reset", FaultKind::reset},   std::pair{"truncate", FaultKind::truncate},
    std::pair{"huge", FaultKind::huge},     std::pair{"trickle", FaultKind::trickle}};

std::string text(const json_t* object, const char* key) {
  return std::string(string_member(object, key).value_or(""));
}

}  // namespace

std::optional<Fault> parse_fault(const json_t* object) {
  const std::string kind = text(object, "kind");
  const auto* const named =
      std::ranges::find_if(kNames, [&](const auto& entry) { return kind == entry.first; });
  if (named == kNames.end()) return std::nullopt;
  Fault fault;
  fault.kind = named->second;
  fault.method = text(object, "method");
  fault.path = text(object, "path");
  fault.skip = static_cast<int>(integer_member(object, "skip").value_or(0));
  fault.times = static_cast<int>(integer_member(object, "times").value_or(1));
  fault.delay = Millis(integer_member(object, "delay_ms").value_or(0));
  fault.answer.status = static_cast<unsigned>(integer_member(object, "status").value_or(500));
  fault.answer.body = text(object, "body");
  for (const auto& [key, header] :
       {std::pair{"location", "Location"}, std::pair{"retry_after", "Retry-After"}}) {
    if (const std::string value = text(object, key); !value.empty()) {
      fault.answer.headers.emplace_back(header, value);
    }
  }
  return fault;
}

}  // namespace claude_auth::testing
