// base/json: what is taken is written back as the same value.
#include "base/json.h"

#include "fuzz/fuzz.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const auto value = parse_object(input);
  if (!value) return;
  for (const std::string& text : {dump(value->get()), dump_indented(value->get())}) {
    const auto again = parse_object(text);
    require(again.has_value(), "what is dumped can be parsed");
    require(json_equal(again->get(), value->get()) == 1, "and is the same value");
  }
}

}  // namespace claude_auth
