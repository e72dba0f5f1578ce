#include "base/time_text.h"

namespace claude_auth {

std::string count_of(std::int64_t number, const char* unit) {
  return std::to_string(number) + ' ' + unit + (number == 1 ? "" : "s");
}

std::string span(Millis length) {
  using namespace std::chrono;
  if (length >= days(1)) return count_of(round<days>(length).count(), "day");
  if (length >= hours(1)) return count_of(round<hours>(length).count(), "hour");
  if (length >= minutes(1)) return count_of(floor<minutes>(length).count(), "minute");
  return "a moment";
}

std::string until(Instant moment, Instant now) {
  return moment > now ? "in " + span(moment - now) : span(now - moment) + " ago";
}

}  // namespace claude_auth
