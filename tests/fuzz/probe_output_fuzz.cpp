// claude/live_probe: what the `claude` program printed.
#include "base/trimmed.h"
#include "claude/live_probe.h"
#include "fuzz/fuzz.h"

namespace claude_auth {

void fuzz::take(std::string_view input) {
  const auto streams = pieces(input, 2);
  for (const int status : {0, 1, -1}) {
    const ProbeResult result = judge_probe(status, false, streams[0], streams[1]);
    require_sentence(result.reason);
    require(!result.reason.contains("sk-ant-"), "no token is logged");
    require(result.verdict != ProbeVerdict::accepted ||
                (status == 0 && trimmed(streams[0]) == "AUTH_OK"),
            "only the exact answer is an answer");
  }
}

}  // namespace claude_auth
