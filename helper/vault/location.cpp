#include "vault/location.h"

#include <strings.h>

#include "base/trimmed.h"

namespace claude_auth {
namespace {

constexpr std::string_view kName = "location:";

bool names_location(std::string_view line) {
  return line.size() >= kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0;
}

}  // namespace

void LocationReader::take(std::string_view line) {
  if (line.starts_with("HTTP/")) *this = {};
  if (at_ == At::trailers) return;
  if (trimmed(line).empty()) {
    at_ = At::trailers;
  } else if (names_location(line)) {
    at_ = At::location;
    lines_.emplace_back(trimmed(line.substr(kName.size())));
  } else if (line.front() != ' ' && line.front() != '\t') {
    at_ = At::other_header;
  } else if (at_ == At::location) {
    lines_.emplace_back(trimmed(line));
  }
}

std::string LocationReader::only() const {
  return lines_.size() == 1 ? lines_.front() : std::string();
}

}  // namespace claude_auth
