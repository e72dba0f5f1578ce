// jobs/stamps and last_status: what was remembered is read, written, and then stays as it is.
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "jobs/last_status.h"
#include "jobs/stamps.h"
#include "unit/user_home.h"

namespace claude_auth {
namespace {

using test::UserHome;

/// Writes `state` as it is read; what is then in the file.
std::string rewritten(const UserHome& home) {
  const auto same =
      update_stamps(home.context(), Deadline::in(std::chrono::seconds(1)), [](const Stamps&) {});
  fuzz::require(same.has_value(), "a state can be read and written, whatever it holds");
  return test::contents(home.paths.state);
}

void check_bounds(const Stamps& stamps) {
  fuzz::require(stamps.accepted_setup_tokens.all().size() <= Fingerprints::kKept &&
                    stamps.rejected_setup_tokens.all().size() <= Fingerprints::kKept,
                "as many fingerprints are kept as there is room for");
  fuzz::require(stamps.unchecked_in_a_row >= 0, "a count is none below zero");
}

void check_last_status(const UserHome& home) {
  const LastStatus before = load_last_status(home.paths);
  keep_status(home.paths, {.job = Job::sync,
                           .status = Status::ok,
                           .reason = "made up",
                           .at = home.clock.now(),
                           .recoveries_before = 2});
  const LastStatus after = load_last_status(home.paths);
  fuzz::require(after.line && after.line->word == "OK", "the last line is kept");
  fuzz::require(after.heals == before.heals + 2 || after.heals == 0, "heals are counted on");
}

}  // namespace

void fuzz::take(std::string_view input) {
  const UserHome home;
  std::filesystem::create_directories(home.paths.state_dir);
  const auto files = pieces(input, 2);
  test::put(home.paths.state, files[0]);
  test::put(home.paths.last_status, files[1]);

  const auto stamps = load_stamps(home.context());
  require(stamps.has_value(), "a garbled state is an empty one");
  check_bounds(*stamps);
  const std::string once = rewritten(home);
  require(parse_object(once).has_value(), "a state is JSON");
  require(rewritten(home) == once, "what is kept stays as it is");
  check_last_status(home);
}

}  // namespace claude_auth
