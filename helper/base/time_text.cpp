#include "base/time_text.h"

namespace claude_auth {
namespace {

template <typename Number>
std::string count(Number number, const char* unit) {
  return std::to_string(number) + ' ' + unit + (number == 1 ? "" : "s");
}

}  // namespace

std::string span(Millis length) {
  using namespace std::chrono;
  if (length >= days(1)) return count(round<days>(length).count(), "day");
  if (length >= hours(1)) return count(round<hours>(length).count(), "hour");
  if (length >= minutes(1)) return count(floor<minutes>(length).count(), "minute");
  return "a moment";
}

std::string until(Instant moment, Instant now) {
  return moment > now ? "in " + span(moment - now) : span(now - moment) + " ago";
}

}  // namespace claude_auth
